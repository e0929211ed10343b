import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { printable } from "../observe/printable.ts";
import type { FileSystem } from "./file-system.ts";

const OWNER_NAME = ".sluice.owner";
const MOST_BYTES = 8 * 1024;

const ownerPath = (folder: string): string => join(folder, OWNER_NAME);

/**
 * Leaves a word about who has a folder's lock, beside the lock and not in it: for whoever is refused. The lock does not depend
 * on it, so a disk that does not take it holds nobody up.
 */
export function writeOwner(fileSystem: FileSystem, folder: string, pipeline: string): void {
  const owner = { pid: process.pid, host: hostname(), since: new Date().toISOString(), pipeline: resolve(pipeline) };
  try {
    forgetOwner(fileSystem, folder);
    fileSystem.writeFileSync(ownerPath(folder), `${JSON.stringify(owner)}\n`, { flag: "wx", mode: 0o644 });
  } catch {
    // Who is refused is then told of an unknown owner.
  }
}

/** Takes the word back, before the lock is released. */
export function forgetOwner(fileSystem: FileSystem, folder: string): void {
  try {
    fileSystem.rmSync(ownerPath(folder), { force: true });
  } catch {
    // The next owner tries again.
  }
}

/** Who has the lock, in words: printable ones, as others may write below an output folder. */
export function describeOwner(fileSystem: FileSystem, folder: string): string {
  try {
    const path = ownerPath(folder);
    const found = fileSystem.lstatSync(path);
    if (!found.isFile() || found.size > MOST_BYTES) return "its owner is unknown";
    const { pid, host, since, pipeline } = JSON.parse(fileSystem.readFileSync(path, "utf8")) as Record<string, unknown>;
    return `process ${pid} on ${printable(host)} since ${printable(since)}, with ${printable(pipeline)}`;
  } catch {
    return "its owner is unknown";
  }
}
