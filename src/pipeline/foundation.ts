import { readBootId } from "../delivery/boot-id.ts";
import { Checkpoint } from "../delivery/checkpoint.ts";
import { DeadLetters } from "../delivery/dead-letters.ts";
import type { FilterMemory } from "../delivery/filter-memory.ts";
import { IntentLog } from "../delivery/intent-log.ts";
import { BLOCK_BYTES } from "../delivery/window-reader.ts";
import { createKernelScanner } from "../json/kernel-scanner.ts";
import type { Scanner } from "../json/scanner.ts";
import { newCounts, type SinkCounts } from "../observe/counts.ts";
import { makeFolder } from "../store/folders.ts";
import { bytesBehindBuffers, partMemory, type Windows } from "./buffered-memory.ts";
import type { Surroundings } from "./components.ts";
import type { PositionRecord, SyncFailed } from "./record.ts";
import type { Taps } from "./taps.ts";

/** What a pipeline is to be, and how it is told to end. */
export interface Plan extends Surroundings {
  readonly taps: Taps;
  readonly untilEnd: boolean;
  /** Aborted when reading is to stop. */
  readonly stopReading: AbortSignal;
  /** Aborted when nothing can be waited for any longer. */
  readonly giveUp: AbortSignal;
  /** Told when a component fails so that the pipeline cannot go on. */
  readonly fail: (component: string, error: unknown) => void;
  /** Told when what was written since the last checkpoint is not to be believed. */
  readonly onSyncFailed: (failed: SyncFailed) => void;
}

/** What all components stand on, whatever the configuration becomes. */
export interface Foundation extends Plan, Windows {
  readonly scanner: Scanner;
  readonly checkpoint: Checkpoint;
  /** The run of the machine; undefined where the system does not say. */
  readonly boot: string | undefined;
  readonly deadLetters: DeadLetters;
  readonly intents: IntentLog;
  /** Everything before the fork, counted. */
  readonly shared: SinkCounts;
  /** What positions and filters' memory are kept by at present; set whenever a pipeline is put together. */
  readonly keeping: { record?: PositionRecord; memory?: FilterMemory };
}

/** Blocks of the window for each source at the least: one is being read, one is worked on. */
const BLOCKS_PER_SOURCE = 2;

/**
 * The least bytes of a window for so many sources: one that waits holds a block, so there are more of them than sources.
 */
export const leastWindow = (sources: number): number => sources * BLOCKS_PER_SOURCE * BLOCK_BYTES;

/** Makes the data folder this pipeline's own, and what all components stand on. @throws what the disk says, or LockError */
export function layFoundation(plan: Plan): Foundation {
  const { config, health, fileSystem, claims } = plan;
  makeDataDir(plan);
  claims.claim(config.dataDir);
  const sharedBytes = Math.max(config.maxInFlightBytes, leastWindow(config.sources.length));
  const mostBytes = Math.max(config.mostInFlightBytes ?? 0, sharedBytes);
  const scanner = createKernelScanner({ arenaBytes: mostBytes + bytesBehindBuffers(config) });
  if (!scanner.memory) throw new Error("the scanner has no memory of its own");
  const keeping: Foundation["keeping"] = {};
  return {
    ...plan,
    scanner,
    ...partMemory(scanner.memory, sharedBytes, config),
    shared: newCounts(),
    checkpoint: new Checkpoint(fileSystem, config.dataDir),
    boot: readBootId(fileSystem),
    intents: new IntentLog({
      fileSystem,
      dataDir: config.dataDir,
      health,
      beforeWrite: () => keeping.memory?.write(),
      onLarge: () => {
        // Even tries that fail, which move no position, have intents.
        keeping.record?.touch();
        void keeping.record?.save();
      },
    }),
    deadLetters: new DeadLetters({ ...config.deadLetter, fileSystem, health, log: plan.log }),
    keeping,
  };
}

function makeDataDir({ config: { dataDir }, fileSystem }: Plan): void {
  try {
    makeFolder(fileSystem, dataDir, 0o700);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`cannot make the folder ${dataDir} (${code}): name another one with data_dir or --data-dir`, {
      cause: error,
    });
  }
}
