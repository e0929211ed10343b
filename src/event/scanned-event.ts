import type { Json, JsonObject } from "../json/json.ts";
import { FLAG, ROW } from "../json/layout.ts";
import { decodeValue, findLast, walkArray } from "../json/walk.ts";
import { copySpan } from "./copy-span.ts";
import type { Event, FieldWatch, Origin } from "./event.ts";
import { parseTime, TIME_FIELDS } from "./event-time.ts";
import type { FieldPath } from "./field-path.ts";
import { internText } from "./interned-text.ts";
import type { JsonTexts } from "./json-text.ts";
import { NO_SLOTS, type Slots } from "./slots.ts";

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const NO_TABLE = new Int32Array(0);
/** More elements than an array can have: an element of an element is told from all others of its record. */
const CHILDREN = 2 ** 24;

/** What the events of one read have in common. */
export interface Read {
  readonly buffer: Buffer;
  /** Offset of `buffer[0]` in the partition: an event's offset is this plus its record's start. */
  readonly shift: number;
  readonly origin: Origin;
  /** True once every sink has settled it: the bytes may be another read's by now. */
  released: boolean;
}

// Where the field lies that `locate` found last. Variables, as a span object for each access would cost more than the access.
let spanStart = 0;
let spanEnd = 0;

/** An event as it was scanned: a span of a buffer, and a row of the scan's table that says where its fields lie. */
export class ScannedEvent implements Event, JsonTexts {
  readonly child: number;
  readonly #read: Read;
  readonly #start: number;
  readonly #end: number;
  readonly #table: Int32Array;
  readonly #row: number;
  readonly #slots: Slots;
  readonly #record: number;

  /**
   * `row` is the index in `table` at which the event's row starts; -1 when it was not scanned. `record` is where the
   * record starts that the event is an element of.
   */
  constructor(
    read: Read,
    start: number,
    end: number,
    table: Int32Array,
    row: number,
    slots: Slots,
    child: number,
    record: number = start,
  ) {
    this.#read = read;
    this.#start = start;
    this.#end = end;
    this.#table = table;
    this.#row = row;
    this.#slots = slots;
    this.child = child;
    this.#record = record;
  }

  get origin(): Origin {
    return this.#read.origin;
  }

  get offset(): number {
    return this.#read.shift + this.#record;
  }

  get byteLength(): number {
    return this.#end - this.#start;
  }

  get bytes(): Uint8Array {
    return copySpan(this.#live(), this.#start, this.#end);
  }

  get value(): JsonObject {
    return decodeValue(this.#live(), this.#start, this.#end) as JsonObject;
  }

  get time(): number {
    for (const path of TIME_FIELDS) {
      if (!this.#locate(path) || this.#read.buffer[spanStart] !== QUOTE) continue;
      const time = parseTime(this.#read.buffer, spanStart + 1, spanEnd - 1);
      if (!Number.isNaN(time)) return time;
    }
    return this.#read.origin.receivedAt;
  }

  copyTo(target: Uint8Array, offset: number): number {
    return offset + this.#live().copy(target, offset, this.#start, this.#end);
  }

  get(path: FieldPath): Json | undefined {
    return this.#locate(path) ? decodeValue(this.#read.buffer, spanStart, spanEnd) : undefined;
  }

  text(path: FieldPath): string | undefined {
    if (!this.#locate(path) || this.#read.buffer[spanStart] !== QUOTE) return undefined;
    return internText(this.#read.buffer, spanStart, spanEnd);
  }

  jsonText(path: FieldPath): string | undefined {
    if (!this.#locate(path) || this.#read.buffer[spanStart] === QUOTE) return undefined;
    return internText(this.#read.buffer, spanStart, spanEnd);
  }

  has(path: FieldPath): boolean {
    return this.#locate(path);
  }

  raw(path: FieldPath): Uint8Array | undefined {
    return this.#locate(path) ? copySpan(this.#read.buffer, spanStart, spanEnd) : undefined;
  }

  mayHold(sought: FieldWatch): boolean {
    const flag = this.#row < 0 ? 0 : this.#slots.flagOf(sought);
    return flag === 0 || ((this.#table[this.#row + ROW.FLAGS] as number) & flag) !== 0;
  }

  elements(path: FieldPath): readonly Event[] | undefined {
    const below = this.#slots.elements;
    const count = this.#row < 0 ? 0 : this.#table[this.#row + ROW.ELEMENTS];
    if (count === 0 || below?.path !== path) {
      return this.#locate(path) ? elementsOf(this.#read, spanStart, this.#record, this.child) : undefined;
    }
    return Array.from({ length: count }, (_, index) => {
      const row = this.#row + (index + 1) * this.#slots.rowLength;
      const [start, end] = [this.#table[row + ROW.START], this.#table[row + ROW.END]];
      const child = childOf(this.child, index);
      return new ScannedEvent(this.#read, start, end, this.#table, row, below.slots, child, this.#record);
    });
  }

  #live(): Buffer {
    if (this.#read.released) {
      throw new Error(
        "an event was read after its batch had been settled: copy what you keep (event.bytes, event.value)",
      );
    }
    return this.#read.buffer;
  }

  /** Puts the field's span into `spanStart` and `spanEnd`; false where there is none. */
  #locate(path: FieldPath): boolean {
    const buffer = this.#live();
    const slot = this.#slots.of(path);
    if (slot >= 0 && this.#row >= 0 && ((this.#table[this.#row + ROW.FLAGS] as number) & FLAG.ESCAPED_KEY) === 0) {
      const pair = this.#row + ROW.FIELDS + 2 * slot;
      spanStart = this.#table[pair] as number;
      spanEnd = this.#table[pair + 1] as number;
      return spanEnd !== 0;
    }
    const span = findLast(buffer, this.#start, this.#end, path.keys);
    if (span === undefined) return false;
    spanStart = span.start;
    spanEnd = span.end;
    return true;
  }
}

/** The elements of the array at `start`, each an event; undefined where it is no array or holds something else. */
export function elementsOf(read: Read, start: number, record: number, parent: number): readonly Event[] | undefined {
  if (read.buffer[start] !== OPEN_BRACKET) return undefined;
  const events: Event[] = [];
  let allObjects = true;
  walkArray(read.buffer, start, (from, to) => {
    allObjects &&= read.buffer[from] === OPEN_BRACE;
    if (allObjects) {
      const child = childOf(parent, events.length);
      events.push(new ScannedEvent(read, from, to, NO_TABLE, -1, NO_SLOTS, child, record));
    }
    return allObjects;
  });
  return allObjects ? events : undefined;
}

/** -1 is the record itself: its elements are counted from 0, and theirs from there on. */
function childOf(parent: number, index: number): number {
  return (parent + 1) * CHILDREN + index;
}
