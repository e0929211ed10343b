import { withGrace } from "../delivery/grace.ts";
import type { Journal } from "../delivery/journal.ts";
import type { Log } from "../observe/log.ts";
import type { Listener, Sink } from "../plugin.ts";
import type { Door } from "./door.ts";
import type { Reading } from "./reading.ts";
import type { PositionRecord } from "./record.ts";

/** How long closing may take once nothing can be waited for any longer: what is being received is not accepted then. */
const CLOSE_LISTENERS_WITHIN_MS = 100;
const CLOSE_WITHIN_MS = 5000;

/** What is to be closed. */
export interface Opened {
  readonly sources: readonly OpenedSource[];
  readonly sinks: readonly { readonly name: string; readonly sink: Sink }[];
  /** Absent where the pipeline was not put together, or goes on. */
  readonly record?: PositionRecord;
}

interface OpenedSource {
  readonly name: string;
  readonly reading: Reading;
  readonly listener: Listener | undefined;
  readonly journal: Journal | undefined;
  readonly door: Door | undefined;
}

/** How closing is told of, and when it is not waited for any longer. */
export interface Closing {
  readonly log: Log;
  readonly giveUp: AbortSignal;
}

/** Accepts no more from outside. */
export const closeListeners = (
  sources: readonly Pick<OpenedSource, "name" | "listener">[],
  closing: Closing,
): Promise<Error | undefined> =>
  closeEach(
    sources.map(({ name, listener }) => ({ name, close: () => listener?.close() })),
    closing,
    CLOSE_LISTENERS_WITHIN_MS,
  );

/**
 * Closes everything, whatever fails on the way: listeners, then the record of positions, sinks and journals. Returns the first
 * failure; each of them is told. What does not end in time is no failure: there was nothing left to wait for.
 */
export async function closeComponents(
  { sources, sinks, record }: Opened,
  closing: Closing,
): Promise<Error | undefined> {
  const failures = [
    await closeListeners(sources, closing),
    await closeEach(
      sources.map(({ name, reading, door }) => ({
        name,
        close: () => {
          door?.close();
          return reading.end();
        },
      })),
      closing,
    ),
    await closeEach([{ name: "checkpoint", close: () => record?.close() }], closing),
    await closeEach(
      sinks.map(({ name, sink }) => ({ name, close: () => sink.close?.() })),
      closing,
    ),
    await closeEach(
      sources.map(({ name, journal }) => ({ name, close: () => journal?.close() })),
      closing,
    ),
  ];
  return failures.find((failure) => failure !== undefined);
}

async function closeEach(
  components: readonly { readonly name: string; close(): Promise<void> | undefined }[],
  { log, giveUp }: Closing,
  milliseconds = CLOSE_WITHIN_MS,
): Promise<Error | undefined> {
  let first: Error | undefined;
  const close = async ({ name, close }: (typeof components)[number]) => {
    try {
      await withGrace(Promise.resolve(close()), giveUp, milliseconds);
    } catch (error) {
      if (giveUp.aborted && error === giveUp.reason) return;
      const { message = String(error) } = error as Error;
      log.error(`cannot be closed properly: ${message}`, { name });
      first ??= new Error(`${name}: ${message}`, { cause: error });
    }
  };
  await Promise.all(components.map(close));
  return first;
}
