import type { SourceConfig } from "../config/config.ts";
import type { Foundation } from "./foundation.ts";
import type { Parts, SourcePart } from "./parts.ts";
import { makeListener } from "./sources.ts";

/**
 * Has the listeners listen that `before` does not have. One whose address is still in use by the listener that it takes the
 * place of takes it over: that one closes first.
 * @throws where one cannot listen; those of `before` listen then as they did
 */
export async function listenAnew(foundation: Foundation, parts: Parts, before: Parts): Promise<void> {
  const closed: SourcePart[] = [];
  try {
    const occupied: { readonly part: SourcePart; readonly known: SourcePart }[] = [];
    for (const part of parts.sources) {
      const known = before.sources.find(({ name }) => name === part.name);
      if (!part.listener || known?.listener === part.listener) continue;
      try {
        await part.listener.listen();
      } catch (error) {
        if (!known?.listener || !isInUse(error) || !sharesPort(known.config, part.config)) throw error;
        occupied.push({ part, known });
      }
    }
    for (const { part, known } of occupied) {
      closed.push(known);
      // It gives its address back at once, and then ends what it is receiving.
      known.listener?.close().catch(() => {});
      await part.listener?.listen();
    }
  } catch (error) {
    await Promise.all(parts.sources.filter(isNewIn(before)).map(({ listener }) => listener?.close().catch(() => {})));
    for (const part of closed) await reopen(foundation, part);
    throw error;
  }
}

const isNewIn =
  ({ sources }: Parts) =>
  ({ listener }: SourcePart): boolean =>
    sources.every((known) => known.listener !== listener);

/** Has a source listen again that was closed for one that could not take its place. */
async function reopen({ fail, ...foundation }: Foundation, part: SourcePart): Promise<void> {
  try {
    if (part.journal) part.listener = await makeListener({ fail, ...foundation }, part.config, part.journal, part.door);
    await part.listener?.listen();
  } catch (error) {
    fail(part.name, error);
  }
}

/** Whether both listen on the same port, as far as their options tell. */
function sharesPort(one: SourceConfig, other: SourceConfig): boolean {
  const ports = portsOf(other);
  return portsOf(one).some((port) => ports.includes(port));
}

const portsOf = ({ definition, options }: SourceConfig): string[] =>
  Object.entries(definition.options.properties)
    .filter(([name, schema]) => "format" in schema && schema.format === "listen" && name in options)
    .map(([name]) => String(options[name]).replace(/^.*:/, ""));

function isInUse(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException };
  return code === "EADDRINUSE" || cause?.code === "EADDRINUSE";
}
