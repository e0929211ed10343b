import { dirname } from "node:path";
import type { FileSystem } from "./file-system.ts";
import { syncFolder } from "./folders.ts";
import { writeWhole } from "./whole-io.ts";

/**
 * Replaces a file's content so that a reader, and a start after a crash, finds the old or the new one and never a mixture:
 * written beside it, synced, renamed, and the folder synced, too.
 */
export function replaceFile(fileSystem: FileSystem, path: string, content: string, mode = 0o600): void {
  const beside = `${path}.new`;
  const file = fileSystem.openSync(beside, "w", mode);
  try {
    writeWhole(fileSystem, file, [Buffer.from(content)]);
    fileSystem.fdatasyncSync(file);
  } finally {
    fileSystem.closeSync(file);
  }
  fileSystem.renameSync(beside, path);
  syncFolder(fileSystem, dirname(path));
}
