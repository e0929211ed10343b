import { readBootId } from "../delivery/boot-id.ts";
import { Checkpoint } from "../delivery/checkpoint.ts";
import { DeadLetters } from "../delivery/dead-letters.ts";
import { FilterMemory } from "../delivery/filter-memory.ts";
import { IntentLog } from "../delivery/intent-log.ts";
import type { IntentRecord } from "../delivery/intent-record.ts";
import { JOURNAL_PARTITION } from "../delivery/journal.ts";
import { lowest } from "../delivery/positions.ts";
import { advanceAll, type PartitionPositions, type SinkPositions } from "../delivery/sink-position.ts";
import { BLOCK_BYTES, Window } from "../delivery/window.ts";
import { createKernelScanner } from "../json/kernel-scanner.ts";
import { newCounts, type SinkCounts } from "../observe/counts.ts";
import { makeFolder } from "../store/folders.ts";
import { type Branch, makeBranch, readersOf } from "./branches.ts";
import { closeComponents } from "./close.ts";
import { makeStages } from "./components.ts";
import type { Stage } from "./filter-chain.ts";
import type { Foundation, Plan } from "./foundation.ts";
import { PositionRecord, type SyncFailed } from "./record.ts";
import { recover } from "./recover.ts";
import type { RunningSource } from "./sources.ts";
import { makeWay, type Way } from "./ways.ts";

/** A pipeline put together and ready to run. */
export interface Assembly {
  readonly window: Window;
  readonly sources: readonly Way[];
  readonly branches: readonly Branch[];
  readonly record: PositionRecord;
  readonly intents: IntentLog;
  readonly deadLetters: DeadLetters;
  /** What the sinks have in common: everything before the fork. */
  readonly shared: SinkCounts;
}

/** Blocks of the window for each source at the least: one is being read, one is worked on. */
const BLOCKS_PER_SOURCE = 2;

/**
 * Makes every component and wires them, reading nothing yet.
 * @throws CheckpointError, and whatever a component throws; what was made before is closed then
 */
export async function assemble(plan: Plan, onSyncFailed: (failed: SyncFailed) => void): Promise<Assembly> {
  makeDataDir(plan);
  plan.claims.claim(plan.config.dataDir);
  const checkpoint = new Checkpoint(plan.fileSystem, plan.config.dataDir);
  const loaded = checkpoint.load();
  const boot = readBootId(plan.fileSystem);
  const isSameBoot = boot !== undefined && boot === loaded.boot;
  // A position that moves, or a batch that is written, does so after all of this is put together.
  const foundation = layFoundation(
    plan,
    () => memory.write(),
    () => void record.save(),
  );
  const { intents, deadLetters, health, log, stopReading } = foundation;
  let record: PositionRecord;
  let memory: FilterMemory;
  const branches: Branch[] = [];
  const sources: Way[] = [];
  try {
    const sharedStages = await makeStages(plan, plan.config.filters);
    for (const [index, sink] of plan.config.sinks.entries()) branches.push(await makeBranch(foundation, sink, index));
    const behindFork = branches.map(readersOf);
    const touch = () => record.touch();
    const reached = reachedAtMost(loaded.sinks, intents.read(loaded.generation, !isSameBoot));
    for (const source of plan.config.sources) {
      sources.push(await makeWay(foundation, source, { sharedStages, behindFork, reached, touch }));
    }
    const recorded = sources.map(({ key, positions, journal }) => ({
      key,
      positions,
      release: (durable: readonly PartitionPositions[]) => releaseJournal(journal, durable),
    }));
    memory = new FilterMemory({
      ...plan,
      dataDir: plan.config.dataDir,
      filters: stagesOf(sharedStages, sources, branches),
    });
    memory.recall(loaded.memory, isSameBoot);
    record = new PositionRecord(
      { checkpoint, intents, memory, deadLetters, health, boot, onSyncFailed, sources: recorded, sinks: branches },
      loaded,
    );
    const lost = new Set(isSameBoot ? [] : branches.filter(({ undoable }) => undoable).map(({ key }) => key));
    await recover(
      { sources, branches, intents, deadLetters, record, health, log, giveUp: stopReading },
      loaded.sinks,
      lost,
    );
    return { window: foundation.window, sources, branches, record, intents, deadLetters, shared: foundation.shared };
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
function layFoundation(plan: Plan, beforeIntent: () => void, onLargeIntents: () => void): Foundation {
  const { config, health, fileSystem } = plan;
  const leastBytes = config.sources.length * BLOCKS_PER_SOURCE * BLOCK_BYTES;
  const scanner = createKernelScanner({ arenaBytes: Math.max(config.maxInFlightBytes, leastBytes) });
  if (!scanner.memory) throw new Error("the scanner has no memory of its own");
  return {
    ...plan,
    scanner,
    window: new Window(scanner.memory),
    shared: newCounts(),
    intents: new IntentLog({
      fileSystem,
      dataDir: config.dataDir,
      health,
      beforeWrite: beforeIntent,
      onLarge: onLargeIntents,
    }),
    deadLetters: new DeadLetters({ ...config.deadLetter, fileSystem, health }),
  };
}

/** Every filter, each once. */
function stagesOf(shared: readonly Stage[], sources: readonly Way[], branches: readonly Branch[]): readonly Stage[] {
  return [...shared, ...sources.flatMap(({ stages }) => stages), ...branches.flatMap(({ stages }) => stages)];
}

/** How far each sink has come if all that it began is there. */
function reachedAtMost(durable: SinkPositions, records: readonly IntentRecord[]): SinkPositions {
  const sinks = new Map(durable);
  for (const { sink, after } of records) sinks.set(sink, advanceAll(sinks.get(sink), after));
  return sinks;
}

/** The journal may forget what every sink has for good. */
function releaseJournal(journal: RunningSource["journal"], durable: readonly PartitionPositions[]): void {
  const position = lowest(durable).get(JOURNAL_PARTITION);
  if (position) journal?.release(position);
}
