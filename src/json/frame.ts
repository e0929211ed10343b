import { BYTE } from "./bytes.ts";
import { blankLineEnds } from "./framer.ts";
import { InvalidBody } from "./invalid-body.ts";
import { FLAG, type Layout, ROW, rowLength } from "./layout.ts";
import type { Scan } from "./scanner.ts";
import { walkArray } from "./walk.ts";

export { Framer } from "./framer.ts";
export { InvalidBody } from "./invalid-body.ts";

/** What a body has become: `records` lines of one JSON value each. */
export interface Framed {
  readonly bytes: Uint8Array;
  readonly records: number;
}

/** The layout of the scan that {@link frameWith} takes. */
export const FRAME_LAYOUT: Layout = { fields: [], elements: { at: [], fields: [] } };

/**
 * Does at once what `Framer` does piece by piece, for a whole body in `buffer[start, end)`. The bytes
 * are a view of `buffer` if the body is framed as it stands, else a copy. The scan's table of an array of
 * tiny objects takes eight times the body's memory: a body of any size is `Framer`'s to frame. `recycle` gets each table
 * back once it was read.
 * Throws `InvalidBody` like `Framer`; its offset counts from `start`.
 */
export function frameWith(
  scan: Scan,
  buffer: Uint8Array,
  start: number,
  end: number,
  recycle: (table: Int32Array) => void = () => {},
): Framed {
  let at = startsWithMark(buffer, start, end) ? start + 3 : start;
  const lines = new Lines(buffer, at, end);
  while (at < end) {
    const { table, count, next } = scan.values(buffer, at, end);
    for (let index = 0; index < count; index++) {
      const row = index * ROW_LENGTH;
      if ((table[row + ROW.FLAGS] & FLAG.INVALID) !== 0) {
        throw new InvalidBody(table[row + ROW.FIELDS], table[row + ROW.FIELDS + 1] - start);
      }
      const elements = table[row + ROW.ELEMENTS];
      // The rows of the elements follow, and are records as any other.
      if (elements > 0) continue;
      const valueStart = table[row + ROW.START];
      if (buffer[valueStart] !== BYTE.OPEN_ARRAY) lines.add(valueStart, table[row + ROW.END]);
      else walkArray(buffer, valueStart, (elementStart, elementEnd) => lines.add(elementStart, elementEnd));
    }
    recycle(table);
    at = next;
  }
  return lines.take();
}

const ROW_LENGTH = rowLength(FRAME_LAYOUT);

function startsWithMark(buffer: Uint8Array, start: number, end: number): boolean {
  return end - start >= 3 && buffer[start] === 0xef && buffer[start + 1] === 0xbb && buffer[start + 2] === 0xbf;
}

/** Collects records as lines; copies nothing while the records already lie in the body as they will in the result. */
class Lines {
  readonly #body: Buffer;
  readonly #start: number;
  /** Behind the last record that lies as it will. */
  #framedTo: number;
  #copy: Buffer | undefined;
  #length = 0;
  #records = 0;
  /** The first LF and the first CR that are not before the record added last. */
  #nextLF = -1;
  #nextCR = -1;

  constructor(buffer: Uint8Array, start: number, end: number) {
    this.#body = Buffer.from(buffer.buffer, buffer.byteOffset, end);
    this.#start = start;
    this.#framedTo = start;
  }

  add(start: number, end: number): void {
    this.#records++;
    const hasLineEnds = this.#hasLineEnds(start, end);
    if (this.#copy === undefined) {
      if (start === this.#framedTo && !hasLineEnds && this.#body[end] === BYTE.LF) {
        this.#framedTo = end + 1;
        return;
      }
      // Each record but one has a byte behind it that goes: the line ends add one byte in all.
      this.#copy = Buffer.allocUnsafe(this.#body.length - this.#start + 1);
      this.#length = this.#body.copy(this.#copy, 0, this.#start, this.#framedTo);
    }
    const from = this.#length;
    this.#length += this.#body.copy(this.#copy, from, start, end);
    if (hasLineEnds) blankLineEnds(this.#copy, from, this.#length);
    this.#copy[this.#length++] = BYTE.LF;
  }

  take(): Framed {
    const bytes = this.#copy?.subarray(0, this.#length) ?? this.#body.subarray(this.#start, this.#framedTo);
    return { bytes, records: this.#records };
  }

  /** Valid JSON has line ends between tokens only. The records come in order, so the body is searched once. */
  #hasLineEnds(start: number, end: number): boolean {
    if (this.#nextLF < start) this.#nextLF = this.#find(BYTE.LF, start);
    if (this.#nextCR < start) this.#nextCR = this.#find(BYTE.CR, start);
    return this.#nextLF < end || this.#nextCR < end;
  }

  #find(byte: number, start: number): number {
    const at = this.#body.indexOf(byte, start);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  }
}
