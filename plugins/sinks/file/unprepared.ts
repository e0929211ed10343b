import type { Event, Prepared, Rejection, Sink } from "../../../src/plugin.ts";

/** A batch that nobody has prepared: it is prepared, written, and undone where that fails; no crash of the process is survived. */
export async function writeUnprepared(
  sink: Required<Pick<Sink, "prepare" | "recover" | "write">>,
  events: readonly Event[],
  signal: AbortSignal,
): Promise<readonly Rejection[]> {
  const rejections: Rejection[] = [];
  let rest = events;
  let prepared: Prepared | readonly Rejection[] = await sink.prepare(rest);
  while (!("intent" in prepared)) {
    rejections.push(...prepared);
    const refused = new Set(prepared.map(({ event }) => event));
    rest = rest.filter((event) => !refused.has(event));
    prepared = await sink.prepare(rest);
  }
  try {
    await sink.write(rest, signal);
  } catch (error) {
    if (signal.aborted || (await sink.recover([prepared.intent], "settle")) === "undone") throw error;
  }
  return rejections;
}
