import type { Noted } from "../delivery/handover.ts";
import type { Event, Origin } from "../event/event.ts";
import { Read } from "../event/read-rows.ts";
import { layOut, type Wanted } from "../event/slots.ts";
import { ROW } from "../json/layout.ts";
import type { Rows, Scanner } from "../json/scanner.ts";
import type { TableOwner } from "../json/table-pool.ts";
import type { Refused } from "../plugin.ts";
import { DecodedStep, NO_EVENT } from "./decoded-step.ts";
import type { Note } from "./door.ts";
import type { HeldRows } from "./held-rows.ts";
import { placeBytes } from "./placed-bytes.ts";

/** One record or several that are no events. */
export interface Invalid extends Refused {
  /** Absent where the record is too long to be kept. Not to be read once the read is released. */
  readonly bytes?: Uint8Array;
  /** Absent: one. */
  readonly records?: number;
}

/** What one step through a read brings. */
export interface Decoded {
  readonly events: readonly Event[];
  readonly invalid: readonly Invalid[];
  readonly held: HeldRows;
  /** Where the next step begins, in the partition; undefined where this one is the last. */
  readonly next: number | undefined;
}

/**
 * Makes events of the bytes of one read, which may have been noted before; at least one step, and as many as there are scans.
 * Of millions of tiny events, those of a step are there only once it is asked for.
 */
export type Decode = (bytes: Uint8Array, offset: number, origin: Origin, noted?: Noted) => Generator<Decoded, void>;

export interface DecodeOptions {
  readonly scanner: Scanner & Partial<TableOwner>;
  readonly wanted: Wanted;
  readonly maxEventBytes: number;
}

/**
 * Records are JSON objects, one a line: checked and noted in one pass, where they lie. `note` does that before anything else is
 * known of them.
 */
export function jsonDecoder({ scanner, wanted, maxEventBytes }: DecodeOptions): { decode: Decode; note: Note } {
  const { layout, slots } = layOut(wanted);
  const scan = scanner.prepare(layout);
  const decode: Decode = function* (bytes, offset, origin, noted) {
    const { buffer, start, end } = placeBytes(scanner, bytes);
    const scanned = noted?.scan === scan ? noted.rows : undefined;
    for (let from = start, isFirst = true; from < end || isFirst; isFirst = false) {
      const step = new DecodedStep(scanner, maxEventBytes);
      const read = new Read(buffer, offset - start, origin);
      for (const rows of scanned ?? [scan.lines(buffer, from, end)]) {
        step.take(rows, slots, read);
        from = rows.next;
      }
      if (from < end) step.next = offset - start + from;
      yield step;
    }
  };
  const note: Note = (buffer, start, end) => {
    const rows = scan.lines(buffer, start, end);
    // A body of very many tiny events is read back from the journal, in steps.
    const records = rows.next < end ? 0 : countEvents(rows, slots.rowLength);
    if (records > 0) return { scan, rows: [rows], records };
    scanner.recycle?.(rows.table);
    return undefined;
  };
  return { decode, note };
}

/** How many events there are, their elements left out; 0 where a record is none. */
function countEvents({ table, count }: Rows, rowLength: number): number {
  let events = 0;
  for (let row = 0; row < count * rowLength; row += (1 + (table[row + ROW.ELEMENTS] as number)) * rowLength) {
    if (((table[row + ROW.FLAGS] as number) & NO_EVENT) !== 0) return 0;
    events++;
  }
  return events;
}
