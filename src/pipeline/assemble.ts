import { Checkpoint } from "../delivery/checkpoint.ts";
import { DeadLetters } from "../delivery/dead-letters.ts";
import { JOURNAL_PARTITION } from "../delivery/journal.ts";
import { lowest, type Positions } from "../delivery/positions.ts";
import { BLOCK_BYTES, Window } from "../delivery/window.ts";
import { createKernelScanner } from "../json/kernel-scanner.ts";
import { newCounts, type SinkCounts } from "../observe/counts.ts";
import { makeFolder } from "../store/folders.ts";
import { type Branch, makeBranch, readersOf } from "./branches.ts";
import { closeComponents } from "./close.ts";
import { makeStages } from "./components.ts";
import type { Foundation, Plan } from "./foundation.ts";
import { PositionRecord } from "./record.ts";
import type { RunningSource } from "./sources.ts";
import { makeWay, type Way } from "./ways.ts";

/** A pipeline put together and ready to run. */
export interface Assembly {
  readonly window: Window;
  readonly sources: readonly Way[];
  readonly branches: readonly Branch[];
  readonly record: PositionRecord;
  /** What the sinks have in common: everything before the fork. */
  readonly shared: SinkCounts;
}

/** Blocks of the window for each source at the least: one is being read, one is worked on. */
const BLOCKS_PER_SOURCE = 2;

/**
 * Makes every component and wires them, reading nothing yet.
 * @throws CheckpointError, and whatever a component throws; what was made before is closed then
 */
export async function assemble(plan: Plan): Promise<Assembly> {
  makeDataDir(plan);
  plan.claims.claim(plan.config.dataDir);
  const checkpoint = new Checkpoint(plan.fileSystem, plan.config.dataDir);
  const loaded = checkpoint.load();
  const foundation = layFoundation(plan);
  const branches: Branch[] = [];
  const sources: Way[] = [];
  try {
    const sharedStages = await makeStages(plan, plan.config.filters);
    for (const [index, sink] of plan.config.sinks.entries()) branches.push(await makeBranch(foundation, sink, index));
    const behindFork = branches.map(readersOf);
    // A position that moves does so after all of this is put together.
    const touch = () => record.touch();
    for (const source of plan.config.sources) {
      sources.push(await makeWay(foundation, source, { sharedStages, behindFork, loaded, touch }));
    }
    const journals = sources.map(({ key, positions, journal }) => ({
      key,
      positions,
      release: () => releaseJournal(positions, journal, branches.length),
    }));
    const record = new PositionRecord({ checkpoint, health: plan.health, sinks: branches, sources: journals }, loaded);
    return { window: foundation.window, sources, branches, record, shared: foundation.shared };
  } catch (error) {
    await closeComponents({ sources, branches }, plan);
    throw error;
  }
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

/** What all the components stand on. A source that waits holds a block, so there are more of them than sources. */
function layFoundation(plan: Plan): Foundation {
  const { config, health, fileSystem } = plan;
  const leastBytes = config.sources.length * BLOCKS_PER_SOURCE * BLOCK_BYTES;
  const scanner = createKernelScanner({ arenaBytes: Math.max(config.maxInFlightBytes, leastBytes) });
  if (!scanner.memory) throw new Error("the scanner has no memory of its own");
  return {
    ...plan,
    scanner,
    window: new Window(scanner.memory),
    shared: newCounts(),
    deadLetters: new DeadLetters({ ...config.deadLetter, fileSystem, health }),
  };
}

/** The journal may forget what every sink has. */
function releaseJournal(positions: Positions, journal: RunningSource["journal"], sinks: number): void {
  if (!journal) return;
  const position = lowest(Array.from({ length: sinks }, (_, sink) => positions.of(sink))).get(JOURNAL_PARTITION);
  if (position) journal.release(position);
}
