import type { Event } from "../event/event.ts";
import { type Read, ReadRows } from "../event/read-rows.ts";
import { ScannedEvent } from "../event/scanned-event.ts";
import type { Slots } from "../event/slots.ts";
import { FLAG, ROW } from "../json/layout.ts";
import { type Rows, SCAN_ERROR } from "../json/scanner.ts";
import type { TableOwner } from "../json/table-pool.ts";
import type { Decoded, Invalid } from "./decode.ts";
import { HeldRows } from "./held-rows.ts";
import { InvalidRun } from "./invalid-run.ts";

/** A row with one of these is no event's. */
export const NO_EVENT = FLAG.INVALID | FLAG.NOT_AN_OBJECT;

/** Makes events of rows, and tells which records are none. */
export class DecodedStep implements Decoded {
  readonly events: Event[] = [];
  readonly invalid: Invalid[] = [];
  readonly held: HeldRows;
  next: number | undefined;
  readonly #maxEventBytes: number;
  /** The records refused last, while none has come behind them. */
  #run: InvalidRun | undefined;

  constructor(tables: Partial<TableOwner>, maxEventBytes: number) {
    this.held = new HeldRows(tables);
    this.#maxEventBytes = maxEventBytes;
  }

  /** @param beside bytes of memory that is only there for these rows */
  take({ table, count, vocabulary }: Rows, slots: Slots, read: Read, beside = 0): void {
    const rows = new ReadRows(read, table, slots, vocabulary);
    this.held.add(rows, count, beside);
    for (let row = 0; row < count * slots.rowLength; row += slots.rowLength) {
      const byteLength = (table[row + ROW.END] as number) - (table[row + ROW.START] as number);
      if (((table[row + ROW.FLAGS] as number) & NO_EVENT) === 0 && byteLength <= this.#maxEventBytes) {
        this.events.push(new ScannedEvent(rows, row, -1));
        this.#run = undefined;
      } else this.#refuseRow(rows, row, byteLength);
      row += (table[row + ROW.ELEMENTS] as number) * slots.rowLength;
    }
  }

  /** `buffer[start, end)` is no event. */
  refuse(reason: string, buffer: Buffer, start: number, end: number, offset: number): void {
    if (this.#run?.extend(buffer, start, end)) return;
    this.#run = new InvalidRun(reason, buffer, start, end, offset);
    this.invalid.push(this.#run);
  }

  /** What is refused from now on does not follow what was refused before. */
  endRun(): void {
    this.#run = undefined;
  }

  #refuseRow({ read, table }: ReadRows, row: number, byteLength: number): void {
    const start = table[row + ROW.START] as number;
    const offset = read.offsetOf(start);
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
