import { dirname } from "node:path";
import type { FileSystem } from "./file-system.ts";

/**
 * Makes a folder and those above it where they are not there, so that a crash of the machine does not take them back. One by
 * one: told to make them all, Node tries for ever where one can never be made, as below /proc.
 */
export function makeFolder(fileSystem: FileSystem, folder: string, mode: number): void {
  try {
    fileSystem.mkdirSync(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && fileSystem.statSync(folder).isDirectory()) return;
    if (code !== "ENOENT" || dirname(folder) === folder) throw error;
    makeFolder(fileSystem, dirname(folder), mode);
    fileSystem.mkdirSync(folder, { mode });
  }
  syncFolder(fileSystem, dirname(folder));
}

/** Makes the names in a folder durable. */
export function syncFolder(fileSystem: FileSystem, folder: string): void {
  const descriptor = fileSystem.openSync(folder, "r");
  try {
    fileSystem.fsyncSync(descriptor);
  } finally {
    fileSystem.closeSync(descriptor);
  }
}

/** The same, without holding up others while the disk works. */
export async function syncFolderSoon(fileSystem: FileSystem, folder: string): Promise<void> {
  const descriptor = fileSystem.openSync(folder, "r");
  try {
    await new Promise<void>((resolve, reject) =>
      fileSystem.fsync(descriptor, (error) => (error ? reject(error) : resolve())),
    );
  } finally {
    fileSystem.closeSync(descriptor);
  }
}
