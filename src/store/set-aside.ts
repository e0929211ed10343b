import { join } from "node:path";
import type { FileSystem } from "./file-system.ts";
import { readWhole, writeWhole } from "./whole-io.ts";

const CHUNK_BYTES = 256 * 1024;

/** Copies `[start, end)` of an open file into a file of its own, for a person to look at; returns its path. */
export function setAside(
  fileSystem: FileSystem,
  descriptor: number,
  start: number,
  end: number,
  folder: string,
  name: string,
): string {
  const path = join(folder, name);
  const copy = fileSystem.openSync(path, "w", 0o600);
  try {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start));
    for (let at = start; at < end; ) {
      const length = readWhole(fileSystem, descriptor, chunk, 0, Math.min(chunk.length, end - at), at);
      if (length === 0) break;
      writeWhole(fileSystem, copy, [chunk.subarray(0, length)], at - start);
      at += length;
    }
  } finally {
    fileSystem.closeSync(copy);
  }
  return path;
}
