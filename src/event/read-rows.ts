import { NO_VOCABULARY, type Vocabulary } from "../json/vocabulary.ts";
import type { Origin } from "./event.ts";
import type { Slots } from "./slots.ts";

/** What the events of one read have in common. */
export class Read {
  readonly buffer: Buffer;
  readonly origin: Origin;
  /** True once every sink has settled it: its bytes and its tables may be another read's by now. */
  released = false;
  readonly #shift: number;

  /** @param shift offset of `buffer[0]` in the partition */
  constructor(buffer: Buffer, shift: number, origin: Origin) {
    this.buffer = buffer;
    this.#shift = shift;
    this.origin = origin;
  }

  /** The offset in the partition of the record that starts at `start`. */
  offsetOf(start: number): number {
    return this.#shift + start;
  }
}

/** The rows that were noted of a read's events, in one table: what a row says is its {@link Slots}' to tell. */
export class ReadRows {
  readonly buffer: Buffer;
  readonly read: Read;
  readonly table: Int32Array;
  readonly slots: Slots;
  readonly vocabulary: Vocabulary;
  /** Where the record starts that the rows are elements of; -1 where each is a record of its own. */
  readonly record: number;

  constructor(read: Read, table: Int32Array, slots: Slots, vocabulary: Vocabulary = NO_VOCABULARY, record = -1) {
    this.buffer = read.buffer;
    this.read = read;
    this.table = table;
    this.slots = slots;
    this.vocabulary = vocabulary;
    this.record = record;
  }
}
