import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Faults } from "./folder-sink.ts";

/** Copies of all that is on the disk, each as a kill would have left it. */
export interface KilledRuns {
  readonly folders: readonly string[];
  /** Makes one whenever the sink is about to write a file. */
  readonly faults: Faults;
}

/** Copies of a folder, beside it. */
export function killedRunsOf(folder: string): KilledRuns {
  const folders: string[] = [];
  const writing = (file: number) => {
    const copy = `${folder}-killed-${file}`;
    cpSync(folder, copy, { recursive: true });
    folders.push(copy);
  };
  return { folders, faults: { writing } };
}

/** As if the machine had been started again since the last checkpoint. */
export function crashMachine(folder: string): void {
  const path = join(folder, "data", "checkpoint.json");
  const record: object = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...record, boot: "another" }));
}
