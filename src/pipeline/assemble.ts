import { BUFFER_PARTITION } from "../delivery/buffer.ts";
import type { CheckpointRecord } from "../delivery/checkpoint.ts";
import { FilterMemory } from "../delivery/filter-memory.ts";
import type { IntentRecord } from "../delivery/intent-record.ts";
import { JOURNAL_PARTITION } from "../delivery/journal.ts";
import { lowest } from "../delivery/positions.ts";
import { advanceAll, type PartitionPositions, type SinkPositions } from "../delivery/sink-position.ts";
import { newCounts } from "../observe/counts.ts";
import { type Branch, branchOf, readersOf } from "./branches.ts";
import { removeDrained } from "./buffer-leftovers.ts";
import { makeBufferedBranches } from "./buffered-branches.ts";
import { handOver } from "./buffered-sink.ts";
import { makeBufferedWay } from "./buffered-way.ts";
import { closeComponents } from "./close.ts";
import type { Foundation } from "./foundation.ts";
import { makeParts } from "./make-parts.ts";
import { filtersOf, type Parts, partsOnlyIn } from "./parts.ts";
import { PositionRecord } from "./record.ts";
import { type Recovering, recover } from "./recover.ts";
import { makeWay, type Way } from "./ways.ts";

/** A pipeline put together and ready to run. */
export interface Assembly {
  readonly foundation: Foundation;
  readonly parts: Parts;
  readonly sources: readonly Way[];
  readonly branches: readonly Branch[];
  readonly record: PositionRecord;
  readonly memory: FilterMemory;
}

/**
 * Makes every component and wires them, reading nothing yet.
 * @throws CheckpointError, and whatever a component throws; what was made before is closed then
 */
export async function assemble(foundation: Foundation): Promise<Assembly> {
  const { checkpoint, boot, intents, stopReading, config } = foundation;
  const loaded = checkpoint.load();
  removeDrained(foundation, loaded.sinks);
  const isSameBoot = boot !== undefined && boot === loaded.boot;
  const begun = intents.read(loaded.generation, !isSameBoot);
  const reached = handOver(reachedAtMost(loaded.sinks, begun), config.sinks);
  const parts = await makeParts(foundation, reached);
  try {
    const assembly = wire(foundation, parts, { committed: loaded, reached });
    assembly.memory.recall(loaded.memory, isSameBoot);
    const undoable = assembly.branches.filter((branch) => branch.undoable).map(({ key }) => key);
    await recover(recoveringOf(assembly, stopReading), loaded.sinks, new Set(isSameBoot ? [] : undoable), begun);
    for (const { behind, positions } of assembly.sources) {
      const position = positions.start.get(BUFFER_PARTITION);
      if (position) behind?.buffer.goOnBehind(position);
    }
    return assembly;
  } catch (error) {
    await closeComponents(partsOnlyIn(parts), foundation);
    throw error;
  }
}

/** Where a pipeline stands that is put together. */
interface Standing {
  /** The checkpoint as it stands on the disk. */
  readonly committed: CheckpointRecord;
  /** How far the sinks may have come. */
  readonly reached: SinkPositions;
  /** What has run before, over some of the same parts. */
  readonly before?: Assembly;
}

/** Wires components, and makes what keeps their positions. */
export function wire(foundation: Foundation, parts: Parts, { committed, reached, before }: Standing): Assembly {
  const { config, fileSystem, log, checkpoint, intents, deadLetters, health, boot, onSyncFailed } = foundation;
  const countsOf = (name: string) => before?.branches.find((branch) => branch.name === name)?.counts ?? newCounts();
  const branches = parts.sinks.flatMap((part, index) => {
    const { config, between, name } = part;
    if (between) return makeBufferedBranches(foundation, part, between, index, countsOf);
    return branchOf(foundation, config, part, index, countsOf(name));
  });
  const behindFork = branches.filter(({ behind }) => !behind).map(readersOf);
  const touch = () => record.touch();
  const around = { sharedStages: parts.shared, behindFork, reached, touch };
  const behindBuffers = branches.flatMap((branch) =>
    branch.behind ? [makeBufferedWay(foundation, branch, branch.behind, reached, touch)] : [],
  );
  const sources = [...parts.sources.map((source) => makeWay(foundation, source, around)), ...behindBuffers];
  const memory = new FilterMemory({ fileSystem, dataDir: config.dataDir, log, filters: filtersOf(parts) });
  const record = new PositionRecord(
    {
      checkpoint,
      intents,
      memory,
      deadLetters,
      health,
      boot,
      onSyncFailed,
      sources: sources.map((way) => ({ ...way, release: (durable) => release(way, durable) })),
      sinks: branches,
    },
    committed,
  );
  foundation.keeping.record = record;
  foundation.keeping.memory = memory;
  return { foundation, parts, sources, branches, record, memory };
}

/** What takes part when what stands in an assembly is brought to where sinks and sources agree. */
export function recoveringOf({ foundation, sources, branches, record }: Assembly, giveUp: AbortSignal): Recovering {
  const { intents, deadLetters, health, log } = foundation;
  return { sources, branches, intents, deadLetters, record, health, log, giveUp };
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
