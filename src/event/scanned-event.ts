import type { Json, JsonObject } from "../json/json.ts";
import { FLAG, ROW } from "../json/layout.ts";
import type { Vocabulary } from "../json/vocabulary.ts";
import { decodeValue, findLast } from "../json/walk.ts";
import { copySpan } from "./copy-span.ts";
import { assertFew, BARE_ROW, childOf, walkElements } from "./element-rows.ts";
import type { Event, FieldWatch, Origin } from "./event.ts";
import { DAY, parseTime, TIME_FIELDS } from "./event-time.ts";
import type { FieldPath } from "./field-path.ts";
import { internText } from "./interned-text.ts";
import type { JsonTexts } from "./json-text.ts";
import type { NotedBytes, Noting } from "./noted-bytes.ts";
import type { Numbered } from "./per-text.ts";
import { type Read, ReadRows } from "./read-rows.ts";
import { NO_SLOTS } from "./slots.ts";

const QUOTE = 0x22;
/** What keeps a row from telling where all of a field lies. */
const UNTOLD = FLAG.REPEATED | FLAG.ESCAPED_KEY;

// Where the field lies that `locate` found last. Variables, as a span object for each access would cost more than the access.
let spanStart = 0;
let spanEnd = 0;

/**
 * An event as it was scanned: a row of a scan's table, which says where it and its fields lie. Most events are dropped
 * soon after they were made, so that each is as small as can be: what others share stands in {@link ReadRows}.
 */
export class ScannedEvent implements Event, JsonTexts, Noting, Numbered {
  readonly child: number;
  readonly #rows: ReadRows;
  /** The index in the table at which the event's row starts. */
  readonly #row: number;
  // The text that was read last: one component after the other asks for the same, and by then its bytes are out of the cache.
  #path: FieldPath | undefined = undefined;
  #text: string | undefined = undefined;

  /** `row` is the index in the table of `rows` at which the event's row starts. */
  constructor(rows: ReadRows, row: number, child: number) {
    this.#rows = rows;
    this.#row = row;
    this.child = child;
  }

  get origin(): Origin {
    return this.#rows.read.origin;
  }

  get offset(): number {
    const { record, read } = this.#live();
    return read.offsetOf(record < 0 ? this.#start : record);
  }

  get byteLength(): number {
    this.#live();
    return this.#end - this.#start;
  }

  get bytes(): Uint8Array {
    return copySpan(this.#live().buffer, this.#start, this.#end);
  }

  get value(): JsonObject {
    return decodeValue(this.#live().buffer, this.#start, this.#end) as JsonObject;
  }

  get time(): number {
    const { buffer, read, table, slots } = this.#live();
    const { timeCell } = slots;
    if (timeCell >= 0 && ((table[this.#row + ROW.FLAGS] as number) & FLAG.ESCAPED_KEY) === 0) {
      const day = table[this.#row + timeCell] as number;
      const millisecond = table[this.#row + timeCell + 1] as number;
      if ((day | millisecond) !== 0) return day * DAY + millisecond;
    }
    for (let index = 0; index < TIME_FIELDS.length; index++) {
      if (!this.#locate(TIME_FIELDS[index] as FieldPath) || buffer[spanStart] !== QUOTE) continue;
      const time = parseTime(buffer, spanStart + 1, spanEnd - 1);
      if (!Number.isNaN(time)) return time;
    }
    return read.origin.receivedAt;
  }

  copyTo(target: Uint8Array, offset: number): number {
    return offset + this.#live().buffer.copy(target, offset, this.#start, this.#end);
  }

  get(path: FieldPath): Json | undefined {
    return this.#locate(path) ? decodeValue(this.#rows.buffer, spanStart, spanEnd) : undefined;
  }

  get vocabulary(): Vocabulary {
    return this.#rows.vocabulary;
  }

  numberOf(path: FieldPath): number {
    const { table, slots } = this.#live();
    const cell = slots.textCellOf(path);
    if (cell < 0 || ((table[this.#row + ROW.FLAGS] as number) & FLAG.ESCAPED_KEY) !== 0) return 0;
    return table[this.#row + cell] as number;
  }

  text(path: FieldPath): string | undefined {
    if (path === this.#path && !this.#rows.read.released) return this.#text;
    const number = this.numberOf(path);
    if (number !== 0) return this.vocabulary.texts[number] ?? this.#learnText(path, number);
    if (!this.#locate(path)) return undefined;
    const { buffer } = this.#rows;
    if (buffer[spanStart] !== QUOTE) return undefined;
    this.#path = path;
    this.#text = internText(buffer, spanStart, spanEnd);
    return this.#text;
  }

  jsonText(path: FieldPath): string | undefined {
    if (!this.#locate(path)) return undefined;
    const { buffer } = this.#rows;
    return buffer[spanStart] === QUOTE ? undefined : internText(buffer, spanStart, spanEnd);
  }

  has(path: FieldPath): boolean {
    return this.#locate(path);
  }

  raw(path: FieldPath): Uint8Array | undefined {
    return this.#locate(path) ? copySpan(this.#rows.buffer, spanStart, spanEnd) : undefined;
  }

  mayHold(sought: FieldWatch): boolean {
    const { slots, table } = this.#live();
    const flag = slots.flagOf(sought);
    return flag === 0 || ((table[this.#row + ROW.FLAGS] as number) & flag) !== 0;
  }

  /** @throws RangeError when there are more than half a million */
  elements(path: FieldPath): readonly Event[] | undefined {
    const { read, table, slots, vocabulary, record } = this.#live();
    const recordStart = record < 0 ? this.#start : record;
    const below = slots.elements;
    const count = below?.path === path ? (table[this.#row + ROW.ELEMENTS] as number) : 0;
    if (below === undefined || count === 0) {
      return this.#locate(path) ? elementsOf(read, spanStart, recordStart, this.child) : undefined;
    }
    assertFew(count);
    const rows = new ReadRows(read, table, below.slots, vocabulary, recordStart);
    return eventsOf(rows, this.#row + slots.rowLength, slots.rowLength, count, this.child);
  }

  notedBytes(): NotedBytes | undefined {
    const { buffer, table, slots } = this.#live();
    if (slots === NO_SLOTS || ((table[this.#row + ROW.FLAGS] as number) & UNTOLD) !== 0) return undefined;
    return { buffer, start: this.#start, end: this.#end, table, row: this.#row, slots };
  }

  #learnText(path: FieldPath, number: number): string | undefined {
    if (!this.#locate(path)) return undefined;
    const text = internText(this.#rows.buffer, spanStart, spanEnd);
    this.vocabulary.texts[number] = text;
    return text;
  }

  get #start(): number {
    return this.#rows.table[this.#row + ROW.START] as number;
  }

  get #end(): number {
    return this.#rows.table[this.#row + ROW.END] as number;
  }

  #live(): ReadRows {
    if (this.#rows.read.released) {
      throw new Error(
        "an event was read after its batch had been settled: copy what you keep (event.bytes, event.value)",
      );
    }
    return this.#rows;
  }

  /** Puts the field's span into `spanStart` and `spanEnd`; false where there is none. */
  #locate(path: FieldPath): boolean {
    const { buffer, table, slots } = this.#live();
    const slot = slots.of(path);
    if (slot >= 0 && ((table[this.#row + ROW.FLAGS] as number) & FLAG.ESCAPED_KEY) === 0) {
      const pair = this.#row + ROW.FIELDS + 2 * slot;
      spanStart = table[pair] as number;
      spanEnd = table[pair + 1] as number;
      return spanEnd !== 0;
    }
    const span = findLast(buffer, this.#start, this.#end, path.keys);
    if (span === undefined) return false;
    spanStart = span.start;
    spanEnd = span.end;
    return true;
  }
}

/**
 * The elements of the array at `start`, each an event; undefined where it is no array or holds something else.
 * @throws RangeError when there are more than half a million
 */
export function elementsOf(read: Read, start: number, record: number, parent: number): readonly Event[] | undefined {
  const rows = walkElements(read, start, record);
  return rows && eventsOf(rows, 0, BARE_ROW, rows.table.length / BARE_ROW, parent);
}

function eventsOf(rows: ReadRows, firstRow: number, rowLength: number, count: number, parent: number): ScannedEvent[] {
  const events: ScannedEvent[] = [];
  for (let index = 0; index < count; index++) {
    events.push(new ScannedEvent(rows, firstRow + index * rowLength, childOf(parent, index)));
  }
  return events;
}
