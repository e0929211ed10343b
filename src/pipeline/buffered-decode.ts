import { type BufferedPlace, decodePlaces } from "../delivery/buffer-frame.ts";
import { BARE_ROW } from "../event/element-rows.ts";
import type { Event } from "../event/event.ts";
import { Read, ReadRows } from "../event/read-rows.ts";
import { layOut, NO_SLOTS } from "../event/slots.ts";
import { FLAG, ROW } from "../json/layout.ts";
import { BufferedEvent } from "./buffered-event.ts";
import type { Decode, DecodeOptions } from "./decode.ts";
import { HeldRows } from "./held-rows.ts";
import { placeBytes } from "./placed-bytes.ts";

/**
 * Makes events of what a sink's buffer holds: a line that says where the next ones came from, then those, one a line. They
 * were valid when they were written: one that the scanner does not take, as a filter has nested it deeper than it goes, is an
 * event all the same, whose fields are looked for when they are asked for.
 */
export function bufferDecoder({ scanner, wanted }: Omit<DecodeOptions, "maxEventBytes">): Decode {
  const { layout, slots } = layOut(wanted);
  const scan = scanner.prepare(layout);
  return function* (bytes, offset, origin) {
    const { buffer, start, end } = placeBytes(scanner, bytes);
    let places: Iterator<BufferedPlace, undefined> = [][Symbol.iterator]();
    for (let from = start, isFirst = true; from < end || isFirst; isFirst = false) {
      const read = new Read(buffer, offset - start, origin);
      const held = new HeldRows(scanner);
      const events: Event[] = [];
      const { table, count, vocabulary, next } = scan.lines(buffer, from, end);
      const rows = new ReadRows(read, table, slots, vocabulary);
      held.add(rows, count);
      for (let row = 0; row < count * slots.rowLength; row += slots.rowLength) {
        const flags = table[row + ROW.FLAGS] as number;
        const [first, behind] = [table[row + ROW.START] as number, table[row + ROW.END] as number];
        if ((flags & FLAG.NOT_AN_OBJECT) !== 0) {
          places = decodePlaces(buffer.toString("utf8", first, behind));
          continue;
        }
        const { value: place } = places.next();
        if (!place) throw new Error(`the buffer holds an event that no place belongs to, at ${read.offsetOf(first)}`);
        const isScanned = (flags & FLAG.INVALID) === 0;
        events.push(
          isScanned ? new BufferedEvent(rows, row, place) : new BufferedEvent(bareRows(read, first, behind), 0, place),
        );
      }
      from = next;
      yield { events, invalid: [], held, next: from < end ? offset - start + from : undefined };
    }
  };
}

/** A row that notes nothing but where its event lies. */
function bareRows(read: Read, start: number, end: number): ReadRows {
  const table = new Int32Array(BARE_ROW);
  table[ROW.START] = start;
  table[ROW.END] = end;
  return new ReadRows(read, table, NO_SLOTS);
}
