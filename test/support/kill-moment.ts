import { type FSWatcher, readFileSync, watch } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { SeededRandom } from "./random.ts";
import type { RunningSluice } from "./sluice.ts";

/** A moment at which a process is to die. */
export interface KillMoment {
  /** In words, for whoever reads of a failure. */
  readonly name: string;
  /** Returns when it has come. */
  readonly comes: (sluice: RunningSluice, folder: string) => Promise<void>;
}

/** A moment that does not come within so many milliseconds of its own comes then. */
const LATEST_MS = 2500;

/** Some moment in the life of a run: while it starts, recovers, reads, writes, or keeps a checkpoint. */
export function someMoment(random: SeededRandom): KillMoment {
  const milliseconds = random.below(50);
  const later = 50 + random.below(500);
  const bytes = random.below(random.of([3_000, 300_000, 6_000_000]));
  const changes = 1 + random.below(random.of([3, 40]));
  const moments: KillMoment[] = [
    { name: `${milliseconds} ms after the start`, comes: () => wait(milliseconds) },
    { name: `${later} ms after the start`, comes: () => wait(later) },
    { name: `when it has written ${bytes} bytes`, comes: (sluice) => untilItHasWritten(sluice, bytes) },
    { name: `when it has written ${bytes} bytes`, comes: (sluice) => untilItHasWritten(sluice, bytes) },
    { name: `at change ${changes} in data_dir`, comes: (sluice, folder) => untilChanged(sluice, folder, changes) },
  ];
  return random.of(moments);
}

async function untilItHasWritten(sluice: RunningSluice, bytes: number): Promise<void> {
  const end = performance.now() + LATEST_MS;
  const path = `/proc/${sluice.process.pid}/io`;
  while (performance.now() < end && sluice.process.exitCode === null) {
    const [, written] = /^wchar: (\d+)/m.exec(readFileSync(path, "latin1")) ?? [];
    if (Number(written) >= bytes) return;
    await wait(1);
  }
}

/** Changes are births, writes, renames and deletions in `data_dir` itself and in the folder of intents. */
async function untilChanged(sluice: RunningSluice, folder: string, changes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = 0;
  const watchers: FSWatcher[] = [];
  const look = (path: string) => {
    try {
      watchers.push(watch(path, () => ++seen >= changes && resolve()));
    } catch {
      // It is not there yet: the other folder tells enough.
    }
  };
  look(folder);
  look(`${folder}/data`);
  look(`${folder}/data/intents`);
  const stop = new AbortController();
  await Promise.race([promise, sluice.exit, wait(LATEST_MS, undefined, { signal: stop.signal }).catch(() => {})]);
  stop.abort();
  for (const watcher of watchers) watcher.close();
}
