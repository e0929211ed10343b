import { FLAG, ROW } from "./layout.ts";
import type { Rows } from "./scanner.ts";
import { NO_VOCABULARY } from "./vocabulary.ts";

const FIRST_LENGTH = 1 << 12;
/** A table beyond this was one record with very many elements: it is not kept for the next scan. */
const KEPT_LENGTH = 1 << 20;

/** The rows of one scan, in a table that grows by doubling. Rows are named by their offset in it. */
export class RowTable {
  table = new Int32Array(FIRST_LENGTH);
  /** Integers in use. */
  used = 0;
  readonly rowLength: number;

  constructor(rowLength: number) {
    this.rowLength = rowLength;
  }

  /** Adds an empty row and returns its offset. */
  add(start: number): number {
    const row = this.used;
    this.used += this.rowLength;
    if (this.used > this.table.length) {
      const larger = new Int32Array(Math.max(2 * this.table.length, this.used));
      larger.set(this.table);
      this.table = larger;
    }
    this.table[row + ROW.START] = start;
    for (let index = row + ROW.START + 1; index < this.used; index++) this.table[index] = 0;
    return row;
  }

  /** Forgets all rows behind `row`. */
  dropBehind(row: number): void {
    this.used = row + this.rowLength;
  }

  /** Makes `row` the last one, that of a record over `[start, end)` which is no valid JSON. */
  invalidate(row: number, start: number, end: number, error: number, errorAt: number): void {
    this.used = row;
    this.add(start);
    this.table[row + ROW.END] = end;
    this.table[row + ROW.FLAGS] = FLAG.INVALID;
    this.table[row + ROW.FIELDS] = error;
    this.table[row + ROW.FIELDS + 1] = errorAt;
  }

  /** Hands all rows over and begins anew. */
  take(next: number): Rows {
    const table = this.table.slice(0, this.used);
    const taken = { table, count: this.used / this.rowLength, vocabulary: NO_VOCABULARY, next };
    if (this.table.length > KEPT_LENGTH) this.table = new Int32Array(FIRST_LENGTH);
    this.used = 0;
    return taken;
  }
}
