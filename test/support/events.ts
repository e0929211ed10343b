import type { Event, FieldWatch, Origin } from "../../src/event/event.ts";
import type { FieldPath } from "../../src/event/field-path.ts";
import { Read, ReadRows } from "../../src/event/read-rows.ts";
import { ScannedEvent } from "../../src/event/scanned-event.ts";
import { layOut } from "../../src/event/slots.ts";
import type { Json } from "../../src/json/json.ts";
import { ROW } from "../../src/json/layout.ts";
import { createPlainScanner } from "../../src/json/plain-scanner.ts";

export const ORIGIN: Origin = {
  source: "test",
  partition: "p1",
  path: "/var/log/audit.log",
  receivedAt: Date.UTC(2026, 0, 2),
};

interface Reader {
  readonly reads?: readonly FieldPath[];
  readonly watches?: readonly FieldWatch[];
  readonly splits?: FieldPath;
}

/** Events scanned from lines of JSON (or values to be turned into them), as the engine would for a component. */
export function eventsOf(lines: readonly (string | Json)[], reader: Reader = {}): Event[] {
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
  const buffer = Buffer.from(`${text}\n`);
  const own = { fields: reader.reads ?? [], watches: reader.watches ?? [] };
  const { layout, slots } = layOut(
    reader.splits ? { fields: [], watches: [], elements: { path: reader.splits, wanted: own } } : own,
  );
  const scan = createPlainScanner().prepare(layout);
  const read = new Read(buffer, 0, ORIGIN);
  const events: Event[] = [];
  for (let from = 0; from < buffer.length; ) {
    const { table, count, next } = scan.lines(buffer, from, buffer.length);
    const rows = new ReadRows(read, table, slots);
    for (let index = 0; index < count; index++) {
      const row = index * slots.rowLength;
      if (table[row + ROW.FLAGS] & 3) throw new Error(`line ${index + 1} is no JSON object`);
      events.push(new ScannedEvent(rows, row, -1));
      index += table[row + ROW.ELEMENTS];
    }
    from = next;
  }
  return events;
}

/** The event's bytes as text. */
export const textOf = (event: Event): string => Buffer.from(event.bytes).toString();
