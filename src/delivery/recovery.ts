import type { Log } from "../observe/log.ts";
import type { Json, Position } from "../plugin.ts";
import type { IntentRecord } from "./intent-record.ts";
import { advanceAll, isBeginning, type SinkPosition, type SourcePositions } from "./sink-position.ts";
import type { UndoableSink } from "./undoable-try.ts";

/** Whether all that follows a position can still be read from its source. */
export type Holds = (source: string, partition: string, position: Position) => boolean | Promise<boolean>;

/** What is known of one sink's batches since a checkpoint. */
export interface Unsettled {
  readonly sink: UndoableSink;
  /** How far it had come at the checkpoint. */
  readonly positions: SourcePositions;
  /** Its records since then, in order. */
  readonly records: readonly IntentRecord[];
  readonly holds: Holds;
  readonly log: Log;
}

/** Where the partitions began that are new since the checkpoint: that is where they are gone back to. */
export function beginsOf(records: readonly IntentRecord[]): SourcePositions {
  const begun = new Map<string, Map<string, Position>>();
  for (const { after } of records) {
    for (const [source, partitions] of after) {
      for (const [partition, { begin }] of partitions) {
        if (!begin) continue;
        const known = begun.get(source) ?? new Map<string, Position>();
        begun.set(source, known);
        if (!known.has(partition)) known.set(partition, begin);
      }
    }
  }
  return begun;
}

/**
 * After the end of the process, all that was written is still there: only the last batch may be there in part. It is
 * adopted or undone. Returns how far the sink has come.
 */
export async function settleLast({ sink, positions, records, holds, log }: Unsettled): Promise<SourcePositions> {
  const batches = lastOfEach(records);
  const last = batches.at(-1);
  const before = batches.slice(0, -1).reduce(advancing, positions);
  if (!last) return before;
  if (last.intent !== undefined) {
    const recovery = (await isGone(holds, before, [last], log)) ? "keep" : "settle";
    if ((await sink.recover([last.intent], recovery)) === "undone") return before;
  }
  return advancing(before, last);
}

/**
 * After a crash of the machine, or a sync that failed, nobody knows what is there of the batches since the checkpoint: all
 * are undone, or, where their source cannot give them again, kept. Returns how far the sink has come.
 */
export async function undoAll({ sink, positions, records, holds, log }: Unsettled): Promise<SourcePositions> {
  const batches = lastOfEach(records);
  if (await isGone(holds, positions, batches, log)) {
    await sink.recover(intentsOf(batches), "keep");
    return batches.reduce(advancing, positions);
  }
  const intents = intentsOf(records);
  if (intents.length > 0) await sink.recover(intents, "undo");
  return positions;
}

const advancing = (known: SourcePositions, { after }: IntentRecord): SourcePositions => advanceAll(known, after);

/** A batch that was undone and tried again has a record for each try, and one in flight at a checkpoint has two. */
function lastOfEach(records: readonly IntentRecord[]): IntentRecord[] {
  return [...new Map(records.map((record) => [record.batch, record])).values()];
}

const intentsOf = (records: readonly IntentRecord[]): Json[] =>
  records.flatMap(({ intent }) => (intent === undefined ? [] : [intent]));

/** Whether some of what would be undone could not be read again. */
async function isGone(
  holds: Holds,
  positions: SourcePositions,
  batches: readonly IntentRecord[],
  log: Log,
): Promise<boolean> {
  for (const [source, partition, position] of startsOf(positions, batches)) {
    if (await holds(source, partition, position)) continue;
    const fields = { source, partition, offset: position.offset };
    log.warn("cannot be read again from here: what was delivered behind it stays, as whole events", fields);
    return true;
  }
  return false;
}

/** Where each partition that these batches are of would be read again from. */
function* startsOf(
  positions: SourcePositions,
  batches: readonly IntentRecord[],
): Generator<readonly [string, string, SinkPosition]> {
  for (const [source, partitions] of batches.reduce(advancing, new Map() as SourcePositions)) {
    for (const [partition, reached] of partitions) {
      const start = positions.get(source)?.get(partition);
      const isMoved = !start || start.offset < reached.offset || reached.partly !== undefined;
      if (start && isMoved && !isBeginning(start)) yield [source, partition, start];
    }
  }
}
