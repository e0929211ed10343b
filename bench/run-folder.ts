import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DATA_FOLDER } from "./generator/write-log.ts";

/** Memory that looks like a disk: what is measured is the programs, not what the disk did before. */
const MEMORY = "/dev/shm";

const root = makeRoot();
let runs = 0;
const diskFolders: string[] = [];

/**
 * An empty folder for a run to write to. In memory the last run's goes first, or they would fill it. On a disk each run has
 * a new one, and none is removed before all are done: for six minutes ext4 passes over the inodes of what was removed, one by
 * one for each file it makes, and the run behind would pay for it.
 */
export function newRunFolder(): string {
  if (whereRunsWrite === "tmpfs" && runs > 0) rmSync(join(root, String(runs)), { recursive: true, force: true });
  const folder = join(root, String(++runs));
  mkdirSync(folder);
  return folder;
}

/** The same on a disk, for a run whose syncs are to take what they take. */
export function newDiskFolder(): string {
  const folder = mkdtempSync(join(DATA_FOLDER, "sluice-bench-"));
  diskFolders.push(folder);
  return folder;
}

/** Removes what all runs wrote. */
export function removeRunFolders(): void {
  for (const folder of [root, ...diskFolders]) rmSync(folder, { recursive: true, force: true });
}

/** Where runs write, in words. */
export const whereRunsWrite = root.startsWith(MEMORY) ? "tmpfs" : "disk";

function makeRoot(): string {
  const isOnDisk = process.env.BENCH_ON_DISK !== undefined || !existsSync(MEMORY);
  const parent = isOnDisk ? DATA_FOLDER : MEMORY;
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, "sluice-bench-"));
}
