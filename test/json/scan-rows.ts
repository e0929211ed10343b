import { FLAG, type Layout, ROW, rowLength } from "../../src/json/layout.ts";
import type { Scan, Scanner } from "../../src/json/scanner.ts";

/** Bytes where a scanner may find them: with rubbish before and behind that must not matter. */
export interface Placed {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

const RUBBISH = Buffer.from('"}]}\\"rubbish":[{"a":1}]}\n{"a":\u00e9"');

/** Lays the bytes into the scanner's memory, or into a buffer of their own; `shift` moves them to other alignments. */
export function place(scanner: Scanner, bytes: Uint8Array, shift = 0): Placed {
  const memory = scanner.memory ?? { buffer: Buffer.alloc(shift + bytes.length + 64), start: 0 };
  const start = memory.start + shift;
  const end = start + bytes.length;
  memory.buffer.set(bytes, start);
  memory.buffer.set(RUBBISH, end);
  return { buffer: memory.buffer, start, end };
}

/** One row, its offsets counted from where the scanned bytes begin. */
export interface Row {
  readonly start: number;
  readonly end: number;
  readonly flags: number;
  readonly elements: number;
  /** [start, end) of each pair; of an invalid record [error code, offset]. Undefined for absent fields. */
  readonly pairs: readonly (readonly [number, number] | undefined)[];
}

/** All rows of the bytes, whatever number of calls it takes. */
export function scanRows(scan: Scan, layout: Layout, mode: "lines" | "values", { buffer, start, end }: Placed): Row[] {
  const length = rowLength(layout);
  const rows: Row[] = [];
  let at = start;
  while (at < end) {
    const { table, count, next } = scan[mode](buffer, at, end);
    if (next <= at || next > end) throw new Error(`went on from ${at} to ${next}, the end is ${end}`);
    if (table.length !== count * length) throw new Error(`${table.length} integers for ${count} rows of ${length}`);
    for (let row = 0; row < table.length; row += length) rows.push(readRow(table.subarray(row, row + length), start));
    at = next;
  }
  return rows;
}

function readRow(row: Int32Array, origin: number): Row {
  const isInvalid = (row[ROW.FLAGS] & FLAG.INVALID) !== 0;
  const pairs: ([number, number] | undefined)[] = [];
  for (let pair: number = ROW.FIELDS; pair < row.length; pair += 2) {
    const isThere = row[pair + 1] !== 0 || (isInvalid && pair === ROW.FIELDS);
    pairs.push(isThere ? [row[pair], row[pair + 1]] : undefined);
  }
  const raw = { start: row[ROW.START], end: row[ROW.END], flags: row[ROW.FLAGS], elements: row[ROW.ELEMENTS], pairs };
  return moved(raw, -origin);
}

/** The same row, of bytes that begin `distance` further on. */
export function moved(row: Row, distance: number): Row {
  const isInvalid = (row.flags & FLAG.INVALID) !== 0;
  const pairs = row.pairs.map(
    (pair) => pair && ([isInvalid ? pair[0] : pair[0] + distance, pair[1] + distance] as const),
  );
  return { ...row, start: row.start + distance, end: row.end + distance, pairs };
}
