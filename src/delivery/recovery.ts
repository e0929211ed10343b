import type { Log } from "../observe/log.ts";
import type { Json, Position } from "../plugin.ts";
import type { IntentRecord } from "./intent-record.ts";
import { advanceAll, firstUnknown, isBeginning, type SinkPosition, type SourcePositions } from "./sink-position.ts";
import type { UndoableSink } from "./undoable-try.ts";

/** Whether all that follows a position, as far as it was reached, can still be read from its source. */
export type Holds = (
  source: string,
  partition: string,
  position: Position,
  reached: Position,
) => boolean | Promise<boolean>;

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
 * adopted or undone; or kept, where a source cannot give it again. Returns how far the sink has come.
 */
export async function settleLast({ sink, positions, records, holds, log }: Unsettled): Promise<SourcePositions> {
  const batches = lastOfEach(records);
  const last = batches.at(-1);
  const before = batches.slice(0, -1).reduce(advancing, positions);
  if (!last) return before;
  if (last.intent !== undefined) {
    const gone = await findGone(holds, before, [last], log, "what was read");
    const outcome = await sink.recover([last.intent], gone.size > 0 ? "keep" : "settle");
    if (outcome === "undone" && gone.size > 0) tellTwice([last], gone, log);
    if (outcome === "undone") return advanceAll(before, gone);
  }
  return advancing(before, last);
}

/**
 * After a crash of the machine, or a sync that failed, nobody knows what is there of the batches since the checkpoint: all
 * are undone. Where a source cannot give some of it again, they are kept; what the others can give is read again, as nobody
 * knows whether it is there. Returns how far the sink has come.
 */
export async function undoAll({ sink, positions, records, holds, log }: Unsettled): Promise<SourcePositions> {
  const batches = lastOfEach(records);
  const gone = await findGone(holds, positions, batches, log, "nobody knows what");
  if (gone.size > 0) {
    await sink.recover(intentsOf(batches), "keep");
    tellTwice(batches, gone, log);
    return advanceAll(positions, gone);
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

/** Where a part of what batches brought is kept, the rest of them is read again: rather twice than never. */
function tellTwice(batches: readonly IntentRecord[], gone: SourcePositions, log: Log): void {
  const count = (sources: SourcePositions) => [...sources.values()].reduce((sum, { size }) => sum + size, 0);
  const again = count(batches.reduce(advancing, new Map() as SourcePositions)) - count(gone);
  if (again === 0) return;
  const text = "events of the same batches that can be read again are: some of them may be there twice";
  log.warn(text, { partitions: again });
}

/**
 * How far the batches reach in the partitions that could not be read again if they were undone. Of a log that was begun since
 * the checkpoint, what was read of it tells; but not after a crash of the machine, which may have taken the end of the log.
 */
async function findGone(
  holds: Holds,
  positions: SourcePositions,
  batches: readonly IntentRecord[],
  log: Log,
  survives: "what was read" | "nobody knows what",
): Promise<SourcePositions> {
  const gone = new Map<string, Map<string, SinkPosition>>();
  for (const { source, partition, start, reached } of movesOf(positions, batches)) {
    // The beginning of a log does not say which log it was.
    const known = start && !isBeginning(start) ? start : survives === "what was read" ? reached : undefined;
    // What it has of the read that a batch ended in would be read again, too.
    const read = { ...reached, offset: firstUnknown(reached) };
    if (!known || isBeginning(known) || (await holds(source, partition, known, read))) continue;
    const fields = { source, partition, offset: start?.offset ?? 0 };
    log.warn("cannot be read again from here: what was delivered behind it stays, as whole events", fields);
    const partitions = gone.get(source) ?? new Map();
    gone.set(source, partitions.set(partition, reached));
  }
  return gone;
}

interface Move {
  readonly source: string;
  readonly partition: string;
  /** Where it would be read again from; undefined for its beginning. */
  readonly start: SinkPosition | undefined;
  readonly reached: SinkPosition;
}

/** What these batches are of. */
function* movesOf(positions: SourcePositions, batches: readonly IntentRecord[]): Generator<Move> {
  for (const [source, partitions] of batches.reduce(advancing, new Map() as SourcePositions)) {
    for (const [partition, reached] of partitions) {
      const start = positions.get(source)?.get(partition);
      const isMoved = !start || start.offset < reached.offset || reached.partly !== undefined;
      if (isMoved) yield { source, partition, start, reached };
    }
  }
}
