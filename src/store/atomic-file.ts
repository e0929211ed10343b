import { dirname } from "node:path";
import { promisify } from "node:util";
import type { FileSystem } from "./file-system.ts";
import { syncFolder, syncFolderSoon } from "./folders.ts";
import { writeWhole } from "./whole-io.ts";

/**
 * Replaces a file's content so that a reader, and a start after a crash, finds the old or the new one and never a mixture:
 * written beside it, synced, renamed, and the folder synced, too.
 */
export function replaceFile(fileSystem: FileSystem, path: string, content: string, mode = 0o600): void {
  const beside = besideOf(path);
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

/** The same, without holding up others while the disk works. One at a time for each file. */
export async function replaceFileSoon(
  fileSystem: FileSystem,
  path: string,
  content: string,
  mode = 0o600,
): Promise<void> {
  const beside = besideOf(path);
  const file = fileSystem.openSync(beside, "w", mode);
  try {
    writeWhole(fileSystem, file, [Buffer.from(content)]);
    await promisify(fileSystem.fdatasync)(file);
  } finally {
    fileSystem.closeSync(file);
  }
  fileSystem.renameSync(beside, path);
  await syncFolderSoon(fileSystem, dirname(path));
}

const besideOf = (path: string): string => `${path}.new`;
