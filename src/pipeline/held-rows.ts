import type { ReadRows } from "../event/read-rows.ts";
import { bytesOfTables, type TableOwner } from "../json/table-pool.ts";

/** What the events of one read lie in. Knows none of them: the many that are dropped are garbage at once. */
export class HeldRows {
  readonly rows: ReadRows[] = [];
  readonly #tables: Partial<TableOwner>;

  constructor(tables: Partial<TableOwner>) {
    this.#tables = tables;
  }

  /** What the rows take, in bytes. */
  get byteLength(): number {
    return bytesOfTables(this.rows);
  }

  /** To be called when every sink has settled the events: reading them throws from then on. */
  release(): void {
    for (const { read, table } of this.rows.splice(0)) {
      read.released = true;
      this.#tables.recycle?.(table);
    }
  }
}
