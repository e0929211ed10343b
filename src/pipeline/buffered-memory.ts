import type { Config } from "../config/config.ts";
import { Window } from "../delivery/window.ts";
import { BLOCK_BYTES } from "../delivery/window-reader.ts";
import type { ScannerMemory } from "../json/scanner.ts";

/** One is read into, one is worked on, and a batch needs some. */
const LEAST_BLOCKS = 4;
/** What is read back from a buffer may be so small a part of what all the sources may have in flight. */
const PART = 1 / 2;

type Bounds = Pick<Config, "maxInFlightBytes" | "sinks">;

/** The windows of a pipeline. */
export interface Windows {
  /** What the sources bring. */
  readonly window: Window;
  /** What is read back from buffers, by the sink's key: each has its own, or one stuck sink would take the room of all. */
  readonly behindBuffers: ReadonlyMap<string, Window>;
}

/** The bytes that the windows behind buffers take beside that of the sources. */
export const bytesBehindBuffers = (config: Bounds): number => bufferedKeys(config).length * windowBytes(config);

/**
 * Parts the scanner's memory: the end of it is for what is read back from buffers. The sources' window has so many bytes at
 * first, and can grow to the rest.
 */
export function partMemory({ buffer, start, end }: ScannerMemory, sharedBytes: number, config: Bounds): Windows {
  const bytes = windowBytes(config);
  let from = end - bytesBehindBuffers(config);
  const window = new Window({ buffer, start, end: from }, sharedBytes);
  const behindBuffers = new Map<string, Window>();
  for (const key of bufferedKeys(config)) {
    behindBuffers.set(key, new Window({ buffer, start: from, end: from + bytes }));
    from += bytes;
  }
  return { window, behindBuffers };
}

const bufferedKeys = ({ sinks }: Bounds): string[] => sinks.flatMap(({ key, buffer }) => (buffer ? [key] : []));

const windowBytes = ({ maxInFlightBytes }: Bounds): number =>
  Math.max(LEAST_BLOCKS, Math.floor((maxInFlightBytes * PART) / BLOCK_BYTES)) * BLOCK_BYTES;
