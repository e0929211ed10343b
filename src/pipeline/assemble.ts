import { readBootId } from "../delivery/boot-id.ts";
import { BUFFER_PARTITION } from "../delivery/buffer.ts";
import { Checkpoint } from "../delivery/checkpoint.ts";
import { DeadLetters } from "../delivery/dead-letters.ts";
import { FilterMemory } from "../delivery/filter-memory.ts";
import { IntentLog } from "../delivery/intent-log.ts";
import type { IntentRecord } from "../delivery/intent-record.ts";
import { JOURNAL_PARTITION } from "../delivery/journal.ts";
import { lowest } from "../delivery/positions.ts";
import { advanceAll, type PartitionPositions, type SinkPositions } from "../delivery/sink-position.ts";
import { BLOCK_BYTES, type Window } from "../delivery/window.ts";
import { createKernelScanner } from "../json/kernel-scanner.ts";
import { newCounts, type SinkCounts } from "../observe/counts.ts";
import { makeFolder } from "../store/folders.ts";
import { type Branch, makeBranch, readersOf } from "./branches.ts";
import { removeDrained } from "./buffer-leftovers.ts";
import { makeBufferedBranches } from "./buffered-branches.ts";
import { bytesBehindBuffers, partMemory } from "./buffered-memory.ts";
import { handOver } from "./buffered-sink.ts";
import { makeBufferedWay } from "./buffered-way.ts";
import { closeComponents } from "./close.ts";
import { makeStages } from "./components.ts";
import type { Stage } from "./filter-chain.ts";
import type { Foundation, Plan } from "./foundation.ts";
import { PositionRecord, type SyncFailed } from "./record.ts";
import { recover } from "./recover.ts";
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
  removeDrained(plan, loaded.sinks);
  let record: PositionRecord;
  let memory: FilterMemory;
  const branches: Branch[] = [];
  const sources: Way[] = [];
  try {
    const sharedStages = await makeStages(plan, plan.config.filters);
    for (const [index, sink] of plan.config.sinks.entries()) {
      const { buffer } = sink;
      if (buffer) branches.push(...(await makeBufferedBranches(foundation, { ...sink, buffer }, index)));
      else branches.push(await makeBranch(foundation, sink, index));
    }
    const behindFork = branches.filter(({ behind }) => !behind).map(readersOf);
    const touch = () => record.touch();
    const begun = reachedAtMost(loaded.sinks, intents.read(loaded.generation, !isSameBoot));
    const reached = handOver(begun, plan.config.sinks);
    for (const source of plan.config.sources) {
      sources.push(await makeWay(foundation, source, { sharedStages, behindFork, reached, touch }));
    }
    for (const branch of branches) {
      if (branch.behind) sources.push(makeBufferedWay(foundation, branch, branch.behind, reached, touch));
    }
    const recorded = sources.map((way) => ({
      ...way,
      release: (durable: readonly PartitionPositions[]) => release(way, durable),
    }));
    memory = new FilterMemory({
      ...plan,
      dataDir: plan.config.dataDir,
      filters: stagesOf(sharedStages, sources, branches).map(({ name, type, filter }) => ({
        name: `${name} (${type})`,
        filter,
      })),
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
    for (const { behind, positions } of sources) {
      const position = positions.start.get(BUFFER_PARTITION);
      if (position) behind?.buffer.goOnBehind(position);
    }
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
  const sharedBytes = Math.max(config.maxInFlightBytes, leastBytes);
  const scanner = createKernelScanner({ arenaBytes: sharedBytes + bytesBehindBuffers(config) });
  if (!scanner.memory) throw new Error("the scanner has no memory of its own");
  return {
    ...plan,
    scanner,
    ...partMemory(scanner.memory, config),
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

/** A journal, or a sink's buffer, may forget what every sink has for good. */
function release({ journal, behind }: Way, durable: readonly PartitionPositions[]): void {
  const log = journal ?? behind?.buffer;
  const position = log && lowest(durable).get(journal ? JOURNAL_PARTITION : BUFFER_PARTITION);
  if (position) log.release(position);
}
