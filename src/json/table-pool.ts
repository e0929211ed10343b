const INTEGER = Int32Array.BYTES_PER_ELEMENT;
/** 4 KiB: a shorter table would be no cheaper. */
const SHORTEST_CLASS = 12;
/** 4 MiB: what is longer was one record with very many elements, and is not kept. */
const LONGEST_CLASS = 22;
/** The memory of tables that wait to be used again: enough for all the reads of a window. */
const MOST_KEPT_BYTES = 16 << 20;

/** Who takes back the tables of the rows that it gave. */
export interface TableOwner {
  /** Uses the table's memory for rows to come: nobody may read it any longer. Does nothing with a table of another's. */
  recycle(table: Int32Array): void;
}

/**
 * Memory for tables of rows, used again: fresh memory costs more than what is written into it, and the garbage collector
 * is called more often the more of it there is. In blocks of a power of two.
 */
export class TablePool implements TableOwner {
  /** The free blocks of each size. */
  readonly #free: ArrayBuffer[][] = Array.from({ length: LONGEST_CLASS + 1 }, () => []);
  readonly #owned = new WeakSet<ArrayBufferLike>();
  #keptBytes = 0;

  /** A table of so many integers, with whatever its last user left in it. */
  take(length: number): Int32Array {
    const sizeClass = Math.max(SHORTEST_CLASS, 32 - Math.clz32(length * INTEGER - 1));
    const block = this.#free[sizeClass]?.pop();
    if (block !== undefined) {
      this.#keptBytes -= block.byteLength;
      this.#owned.add(block);
      return new Int32Array(block, 0, length);
    }
    if (sizeClass > LONGEST_CLASS) return new Int32Array(length);
    const fresh = new ArrayBuffer(2 ** sizeClass);
    this.#owned.add(fresh);
    return new Int32Array(fresh, 0, length);
  }

  recycle({ buffer }: Int32Array): void {
    if (!this.#owned.delete(buffer)) return;
    if (this.#keptBytes + buffer.byteLength > MOST_KEPT_BYTES) return;
    this.#keptBytes += buffer.byteLength;
    this.#free[31 - Math.clz32(buffer.byteLength)]?.push(buffer as ArrayBuffer);
  }
}
