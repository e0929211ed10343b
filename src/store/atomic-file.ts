import { dirname } from "node:path";
import type { FileSystem } from "./file-system.ts";

/**
 * Replaces a file's content so that a reader, and a start after a crash, finds the old or the new one and never a mixture:
 * written beside it, synced, renamed, and the folder synced, too.
 */
export function replaceFile(fileSystem: FileSystem, path: string, content: string, mode = 0o600): void {
  const beside = `${path}.new`;
  const file = fileSystem.openSync(beside, "w", mode);
  try {
    writeAll(fileSystem, file, Buffer.from(content));
    fileSystem.fdatasyncSync(file);
  } finally {
    fileSystem.closeSync(file);
  }
  fileSystem.renameSync(beside, path);
  const folder = fileSystem.openSync(dirname(path), "r");
  try {
    fileSystem.fsyncSync(folder);
  } finally {
    fileSystem.closeSync(folder);
  }
}

/** Writes all of the bytes, however many calls that takes. */
export function writeAll(fileSystem: FileSystem, file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += fileSystem.writeSync(file, bytes, written, bytes.length - written);
  }
}
