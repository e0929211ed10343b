import { setTimeout as wait } from "node:timers/promises";
import { CheckpointError } from "../delivery/checkpoint-error.ts";
import type { DeadLetters } from "../delivery/dead-letters.ts";
import type { IntentLog } from "../delivery/intent-log.ts";
import type { IntentRecord } from "../delivery/intent-record.ts";
import { beginsOf, type Holds, settleLast, type Unsettled, undoAll } from "../delivery/recovery.ts";
import { advanceAll, type SinkPositions } from "../delivery/sink-position.ts";
import type { Health } from "../observe/health.ts";
import { Lag } from "../observe/lag.ts";
import type { Log } from "../observe/log.ts";
import type { Branch } from "./branches.ts";
import { fedBy, handOver } from "./buffered-sink.ts";
import { type PositionRecord, resumeFrom, SyncFailed } from "./record.ts";
import type { Way } from "./ways.ts";

/** What takes part when sinks and sources are brought back to where they agree. */
export interface Recovering {
  readonly sources: readonly Way[];
  readonly branches: readonly Branch[];
  readonly intents: IntentLog;
  readonly deadLetters: DeadLetters;
  readonly record: PositionRecord;
  readonly health: Health;
  readonly log: Log;
  readonly giveUp: AbortSignal;
}

const TRY_AGAIN_MS = 1000;

/** What no disk says that may take it another time: somebody has to mend the folder. */
const MISTAKES = new Set(["EISDIR", "ENOTDIR", "ENOENT", "ELOOP", "ENAMETOOLONG"]);

/**
 * Brings every sink to a state that its positions tell, and makes that the checkpoint: what may be there in part is adopted or
 * undone. `present` is where the sinks stand that cannot undo; `lost` are the keys of those of which nobody knows what is
 * there since the last checkpoint.
 * What fails is told and tried again. `begun` are the intents since the checkpoint, where they have been read.
 * @throws CheckpointError, what the disk says of a folder that is none, or the signal's reason
 */
export async function recover(
  recovering: Recovering,
  present: SinkPositions,
  lost: ReadonlySet<string>,
  begun?: readonly IntentRecord[],
): Promise<void> {
  const { sources, branches, intents, deadLetters, record, health, giveUp } = recovering;
  const work = health.observe("recovery", "cannot settle what is there", "error");
  const sinks = branches.flatMap(({ key, fills, behind }) => (fills ? [] : [{ key, buffer: behind }]));
  let records = begun;
  for (let unknown = lost; ; ) {
    try {
      // Once some of it is undone, the intents tell of what is not there any more.
      if (unknown.size > 0) record.distrust();
      await deadLetters.settled();
      records ??= intents.read(record.committed.generation, unknown.size > 0);
      const settled = await settleSinks(recovering, present, withThoseBehind(unknown, branches), records);
      const positions = handOver(settled, sinks);
      deadLetters.restore(record.committed.letters);
      record.restart(positions);
      for (const way of sources) {
        const keys = fedBy(way, branches).map(({ key }) => key);
        way.positions.restart(resumeFrom(positions, way.key, keys));
        way.status.lag = new Lag(keys.length);
      }
      if (branches.every(({ undoable }) => !undoable) && unknown.size === 0) return;
      await record.commit();
      work.goesOn();
      return;
    } catch (error) {
      if (error instanceof SyncFailed) unknown = new Set([...unknown, ...error.sinks]);
      const isMistake = MISTAKES.has((error as NodeJS.ErrnoException).code ?? "");
      if (isMistake || error instanceof CheckpointError) throw error;
      work.waits((error as Error).message);
      await wait(TRY_AGAIN_MS, undefined, { signal: giveUp });
    }
  }
}

/** Where a buffer is lost, so is what the sink behind it has of that. */
function withThoseBehind(lost: ReadonlySet<string>, branches: readonly Branch[]): ReadonlySet<string> {
  const behind = branches.filter(({ behind }) => behind && lost.has(behind.key)).map(({ key }) => key);
  return new Set([...lost, ...behind]);
}

async function settleSinks(
  { sources, branches, intents, record, log }: Recovering,
  present: SinkPositions,
  lost: ReadonlySet<string>,
  all: readonly IntentRecord[],
): Promise<SinkPositions> {
  const checkpoint = record.committed;
  const records = Map.groupBy(all, ({ sink }) => sink);
  const begun = beginsOf(all);
  const positions = new Map([...present].map(([key, own]) => [key, advanceAll(own, begun)]));
  const holds: Holds = async (source, partition, position, reached) => {
    const way = sources.find(({ key }) => key === source);
    return way !== undefined && (way.source.holds?.(partition, position, reached) ?? true);
  };
  for (const { key, name, undoable } of branches) {
    const own = records.get(key) ?? [];
    records.delete(key);
    const recorded = checkpoint.sinks.get(key);
    const durable = recorded && advanceAll(recorded, begun);
    if (durable && (undoable || lost.has(key))) positions.set(key, durable);
    if (!undoable || own.length === 0) continue;
    const unsettled: Unsettled = {
      sink: undoable,
      positions: durable ?? begun,
      records: own,
      holds,
      log: log.child(name),
    };
    positions.set(key, await (lost.has(key) ? undoAll(unsettled) : settleLast(unsettled)));
    intents.settle(key);
  }
  for (const sink of records.keys()) {
    const text =
      "a sink has left pipeline.yaml, or cannot undo any more, while its last batch was under way: what it wrote may end with a part of that batch, and within a line. Look at it; and stop Sluice before a sink is removed";
    log.warn(text, { sink });
  }
  return positions;
}
