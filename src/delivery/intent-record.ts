import { crc32 } from "node:zlib";
import type { Json } from "../plugin.ts";
import { checkFrame, decodePrefix, encodeHeader, encodePrefix, MAGIC } from "../store/frame.ts";
import { fromPlain, isMap, toPlain } from "./plain-positions.ts";
import type { SourcePositions } from "./sink-position.ts";

/** What was to be known before a batch was written. */
export interface IntentRecord {
  /** The sink's key. */
  readonly sink: string;
  /** Which batch of the sink; of several tries the last counts, as those before it were undone. */
  readonly batch: number;
  /** How far the sink has come once the batch is there. */
  readonly after: SourcePositions;
  /** What undoes the batch. Absent where there is nothing to undo: all of its events became dead letters. */
  readonly intent?: Json;
}

/** The records of a file, as far as they are sound. */
export interface ReadIntents {
  readonly records: readonly IntentRecord[];
  /** Offset of the first byte that belongs to no sound record; absent where all do. */
  readonly damagedAt?: number;
  /** Sound records stand behind the damage: it is more than what the end of the process has torn off. */
  readonly hasMore: boolean;
  /** The damage lies in what had been synced: it is more than what a crash of the machine has torn off. */
  readonly wasDurable: boolean;
}

const LF = 0x0a;

/**
 * A frame with a record: a line of JSON that says what it is, then the intent, as it is where it is text: it may be long, and
 * to escape it would cost more than all else. `durable` is how many bytes of the file are known to be on the disk: what is
 * damaged there was not torn off by a crash.
 */
export function encodeIntent(record: IntentRecord, durable: number): readonly Buffer[] {
  const { sink, batch, after, intent } = record;
  const isText = typeof intent === "string" && intent.isWellFormed();
  const head = Buffer.from(
    `${JSON.stringify({
      sink,
      batch,
      after: toPlain(after),
      durable,
      intent: intent === undefined ? undefined : isText ? "text" : "json",
    })}\n`,
  );
  const body = Buffer.from(intent === undefined ? "" : isText ? intent : JSON.stringify(intent));
  const header = encodeHeader({ at: Date.now() });
  const prefix = encodePrefix(header, head.length + body.length, crc32(body, crc32(head)));
  return [prefix, header, head, body];
}

/** Reads what {@link encodeIntent} wrote. @throws UnknownFrameVersion */
export function decodeIntents(bytes: Buffer): ReadIntents {
  const records: IntentRecord[] = [];
  let damagedAt: number | undefined;
  let hasMore = false;
  let durable = 0;
  for (let at = 0; at < bytes.length; ) {
    const frame = decodeFrame(bytes, at);
    if (!frame) {
      damagedAt ??= at;
      const next = bytes.indexOf(MAGIC, at + 1);
      at = next < 0 ? bytes.length : next;
      continue;
    }
    hasMore ||= damagedAt !== undefined;
    durable = Math.max(durable, frame.durable);
    records.push(frame.record);
    at = frame.end;
  }
  const wasDurable = damagedAt !== undefined && damagedAt < durable;
  return { records, hasMore, wasDurable, ...(damagedAt !== undefined && { damagedAt }) };
}

function decodeFrame(bytes: Buffer, at: number) {
  const prefix = decodePrefix(bytes, at, bytes.length);
  const end = at + (prefix?.frameBytes ?? 0);
  if (!prefix || end > bytes.length || !checkFrame(bytes, at, prefix)) return undefined;
  const start = end - prefix.payloadBytes;
  const headEnd = bytes.indexOf(LF, start);
  const head: unknown = JSON.parse(bytes.toString("utf8", start, headEnd));
  const after = isMap(head) ? fromPlain(head.after) : undefined;
  if (!isMap(head) || !after) return undefined;
  const body = bytes.toString("utf8", headEnd + 1, end);
  const record: IntentRecord = {
    sink: String(head.sink),
    batch: Number(head.batch),
    after,
    ...(head.intent !== undefined && { intent: head.intent === "text" ? body : (JSON.parse(body) as Json) }),
  };
  return { record, end, durable: Number(head.durable) };
}
