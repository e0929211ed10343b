import type { FileSystem } from "../../../src/plugin.ts";

/**
 * Opens a file to read it. A pipe of that name would hold the process until somebody writes to it: opened like this it does not, and
 * has no size.
 */
export function openAt(fileSystem: FileSystem, path: string): number {
  const { O_RDONLY, O_NONBLOCK } = fileSystem.constants;
  return fileSystem.openSync(path, O_RDONLY | (O_NONBLOCK ?? 0));
}

/** The bytes at an offset of an open file: fewer where it ends. */
export function readAt(fileSystem: FileSystem, descriptor: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = fileSystem.readSync(descriptor, bytes, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
