import type { ReadRows } from "../event/read-rows.ts";
import type { TableOwner } from "../json/table-pool.ts";

/** What the events of one step lie in. Knows none of them: the many that are dropped are garbage at once. */
export class HeldRows {
  readonly #tables: Partial<TableOwner>;
  readonly #held: ReadRows[] = [];
  /** How many rows there are. */
  count = 0;
  /** What they take, and what lies beside them, in bytes. */
  byteLength = 0;

  constructor(tables: Partial<TableOwner>) {
    this.#tables = tables;
  }

  /** @param beside bytes of memory that is only there for these rows */
  add(rows: ReadRows, count: number, beside = 0): void {
    this.#held.push(rows);
    this.count += count;
    this.byteLength += rows.table.byteLength + beside;
  }

  /** To be called when every sink has settled the events: reading them throws from then on. */
  release(): void {
    for (const { read, table } of this.#held.splice(0)) {
      read.released = true;
      this.#tables.recycle?.(table);
    }
  }
}
