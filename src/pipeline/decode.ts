import type { Noted } from "../delivery/handover.ts";
import type { Event, Origin } from "../event/event.ts";
import { type Read, ReadRows } from "../event/read-rows.ts";
import { ScannedEvent } from "../event/scanned-event.ts";
import { layOut, type Slots, type Wanted } from "../event/slots.ts";
import { FLAG, ROW } from "../json/layout.ts";
import { type Rows, SCAN_ERROR, type Scan, type Scanner } from "../json/scanner.ts";
import type { TableOwner } from "../json/table-pool.ts";
import type { Refused } from "../plugin.ts";
import type { Note } from "./door.ts";
import { HeldRows } from "./held-rows.ts";
import { InvalidRun } from "./invalid-run.ts";
import { bufferOf, placeRead } from "./placed-read.ts";

/** One record or several that are no events. */
export interface Invalid extends Refused {
  /** Absent where the record is too long to be kept. Not to be read once the read is released. */
  readonly bytes?: Uint8Array;
  /** Absent: one. */
  readonly records?: number;
}

export interface Decoded {
  readonly events: readonly Event[];
  readonly invalid: readonly Invalid[];
  readonly held: HeldRows;
}

/** Makes events of the bytes of one read, which may have been noted before. */
export type Decode = (bytes: Uint8Array, offset: number, origin: Origin, noted?: Noted) => Decoded;

export interface DecodeOptions {
  readonly scanner: Scanner & Partial<TableOwner>;
  readonly wanted: Wanted;
  readonly maxEventBytes: number;
}

const LINE_END = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const NO_EVENT = FLAG.INVALID | FLAG.NOT_AN_OBJECT;

/**
 * Records are JSON objects, one a line: checked and noted in one pass, where they lie. `note` does that before anything else is
 * known of them.
 */
export function jsonDecoder({ scanner, wanted, maxEventBytes }: DecodeOptions): { decode: Decode; note: Note } {
  const { layout, slots } = layOut(wanted);
  const scan = scanner.prepare(layout);
  const decode: Decode = (bytes, offset, origin, noted) => {
    const { read, start, end } = placeRead(scanner, bytes, offset, origin);
    const decoded = new DecodedRead(scanner, maxEventBytes);
    if (noted?.scan === scan) for (const rows of noted.rows) decoded.take(rows, slots, read);
    else decoded.scan(scan, slots, read, start, end);
    return decoded;
  };
  const note: Note = (buffer, start, end) => {
    const all: Rows[] = [];
    let records = 0;
    for (let from = start; from < end; from = (all.at(-1) as Rows).next) {
      const rows = scan.lines(buffer, from, end);
      all.push(rows);
      const events = countEvents(rows, slots.rowLength);
      if (events === undefined) {
        for (const { table } of all) scanner.recycle?.(table);
        return undefined;
      }
      records += events;
    }
    return records > 0 ? { scan, rows: all, records } : undefined;
  };
  return { decode, note };
}

/** Records are lines of text: each becomes `{"message": …}`. A line that is no UTF-8 is none. */
export function textDecoder({ scanner, wanted, maxEventBytes }: DecodeOptions): { decode: Decode; note?: Note } {
  const { layout, slots } = layOut(wanted);
  const scan = scanner.prepare(layout);
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decode: Decode = (bytes, offset, origin) => {
    const decoded = new DecodedRead(scanner, maxEventBytes);
    const text = bufferOf(bytes);
    for (const line of linesOf(text)) {
      const start = line.byteOffset - bytes.byteOffset;
      const at = offset + start;
      let json: Buffer;
      try {
        json = Buffer.from(JSON.stringify({ message: utf8.decode(line) }));
      } catch {
        decoded.refuse("the line is no UTF-8", text, start, start + line.length, at);
        continue;
      }
      decoded.scan(scan, slots, { buffer: json, shift: at, origin, released: false }, 0, json.length);
    }
    return decoded;
  };
  return { decode };
}

/** How many events there are, their elements left out; undefined where a record is none. */
function countEvents({ table, count }: Rows, rowLength: number): number | undefined {
  let events = 0;
  for (let row = 0; row < count * rowLength; row += (1 + (table[row + ROW.ELEMENTS] as number)) * rowLength) {
    if (((table[row + ROW.FLAGS] as number) & NO_EVENT) !== 0) return undefined;
    events++;
  }
  return events;
}

class DecodedRead implements Decoded {
  readonly events: Event[] = [];
  readonly invalid: Invalid[] = [];
  readonly held: HeldRows;
  readonly #maxEventBytes: number;
  /** The records refused last, while none has come behind them. */
  #run: InvalidRun | undefined;

  constructor(tables: Partial<TableOwner>, maxEventBytes: number) {
    this.held = new HeldRows(tables);
    this.#maxEventBytes = maxEventBytes;
  }

  scan(scan: Scan, slots: Slots, read: Read, start: number, end: number): void {
    for (let from = start; from < end; ) {
      const rows = scan.lines(read.buffer, from, end);
      this.take(rows, slots, read);
      from = rows.next;
    }
  }

  take({ table, count, vocabulary }: Rows, slots: Slots, read: Read): void {
    const rows = new ReadRows(read, table, slots, vocabulary);
    this.held.rows.push(rows);
    for (let row = 0; row < count * slots.rowLength; row += slots.rowLength) {
      const byteLength = (table[row + ROW.END] as number) - (table[row + ROW.START] as number);
      if (((table[row + ROW.FLAGS] as number) & NO_EVENT) === 0 && byteLength <= this.#maxEventBytes) {
        this.events.push(new ScannedEvent(rows, row, -1));
        this.#run = undefined;
      } else this.#refuseRow(rows, row, byteLength);
      row += (table[row + ROW.ELEMENTS] as number) * slots.rowLength;
    }
  }

  refuse(reason: string, buffer: Buffer, start: number, end: number, offset: number): void {
    if (this.#run?.extend(buffer, start, end)) return;
    this.#run = new InvalidRun(reason, buffer, start, end, offset);
    this.invalid.push(this.#run);
  }

  #refuseRow({ read, table }: ReadRows, row: number, byteLength: number): void {
    const start = table[row + ROW.START] as number;
    const offset = read.shift + start;
    if (byteLength > this.#maxEventBytes) {
      this.invalid.push({ reason: `longer than max_event_bytes (${this.#maxEventBytes})`, offset, byteLength });
      this.#run = undefined;
      return;
    }
    const isInvalid = ((table[row + ROW.FLAGS] as number) & FLAG.INVALID) !== 0;
    const reason = isInvalid ? reasonOf(table, row, start) : "valid JSON, but no object";
    this.refuse(reason, read.buffer, start, start + byteLength, offset);
  }
}

function* linesOf(text: Buffer): Generator<Buffer> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf(LINE_END, start);
    const end = found < 0 ? text.length : found;
    const line = text.subarray(start, end > start && text[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
    if (line.length > 0) yield line;
    start = end + 1;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  [SCAN_ERROR.SYNTAX]: "no valid JSON",
  [SCAN_ERROR.UNFINISHED]: "JSON that ends too early",
  [SCAN_ERROR.UTF8]: "no valid UTF-8",
  [SCAN_ERROR.DEPTH]: "JSON nested too deep",
};

function reasonOf(table: Int32Array, row: number, start: number): string {
  const code = table[row + ROW.FIELDS] as number;
  const at = (table[row + ROW.FIELDS + 1] as number) - start;
  return `${REASONS[code] ?? REASONS[SCAN_ERROR.SYNTAX]} at byte ${at + 1}`;
}
