import { dirname } from "node:path";
import type { FileSystem } from "./file-system.ts";

/** Makes a folder and those above it where they are not there, so that a crash of the machine does not take them back. */
export function makeFolder(fileSystem: FileSystem, folder: string, mode: number): void {
  const first = fileSystem.mkdirSync(folder, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(fileSystem, dirname(made));
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
