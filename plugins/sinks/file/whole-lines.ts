import type { FileSystem } from "../../../src/plugin.ts";

const CHUNK_BYTES = 64 * 1024;
const LF = 0x0a;

/**
 * Where the last whole line ends in a part of a file, in bytes from its beginning; `start` where none does. Nothing counts
 * from the first zero on, which no line holds: a power cut leaves them where bytes were not synced.
 */
export function findLineEnd(fileSystem: FileSystem, descriptor: number, start: number, end: number): number {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start));
  let found = start;
  for (let from = start; from < end; ) {
    const count = fileSystem.readSync(descriptor, chunk, 0, Math.min(chunk.length, end - from), from);
    if (count === 0) break;
    const zero = chunk.subarray(0, count).indexOf(0);
    const sound = chunk.subarray(0, zero < 0 ? count : zero);
    const at = sound.lastIndexOf(LF);
    if (at >= 0) found = from + at + 1;
    if (zero >= 0) break;
    from += count;
  }
  return found;
}
