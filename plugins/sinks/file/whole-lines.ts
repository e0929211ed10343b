import type { FileSystem } from "../../../src/plugin.ts";

const CHUNK_BYTES = 64 * 1024;
const LF = 0x0a;

/** Where the last whole line ends in a part of a file, in bytes from its beginning; `start` where none does. */
export function findLineEnd(fileSystem: FileSystem, descriptor: number, start: number, end: number): number {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start));
  for (let to = end; to > start; ) {
    const from = Math.max(start, to - chunk.length);
    let filled = 0;
    while (filled < to - from) {
      const count = fileSystem.readSync(descriptor, chunk, filled, to - from - filled, from + filled);
      if (count === 0) break;
      filled += count;
    }
    const at = filled === 0 ? -1 : chunk.lastIndexOf(LF, filled - 1);
    if (at >= 0) return from + at + 1;
    to = from;
  }
  return start;
}
