import { fail, TABLE_FULL } from "./state.as";

/** The rows that a scan writes, one behind the other. Layout: `ROW` and `FLAG` of `layout.ts`, in bytes. */
const END: usize = 4;
export const FLAGS: usize = 8;
export const ELEMENTS: usize = 12;
export const FIELDS: usize = 16;

export const INVALID: u32 = 1;
export const NOT_AN_OBJECT: u32 = 2;
export const REPEATED: u32 = 4;
export const ESCAPED_KEY: u32 = 8;
export const NOT_ALL_OBJECTS: u32 = 16;

let rowBytes: usize = 0;
let tableEnd: usize = 0;
/** Where the next row begins. */
export let nextRow: usize = 0;
/** The row of the record being read. */
export let recordRow: usize = 0;
/** The row of the element being read. */
export let elementRow: usize = 0;

export function openTable(from: usize, end: usize, bytesPerRow: usize): void {
  nextRow = from;
  tableEnd = end;
  rowBytes = bytesPerRow;
}

/** A fresh row for the value at `start`; 0 if the table is full. The table has slack for the last store. */
// @ts-ignore: decorator
@inline
function openRow(start: usize): usize {
  const row = nextRow;
  const end = row + rowBytes;
  if (end > tableEnd) return fail(TABLE_FULL, start);
  for (let at = row; at < end; at += 16) v128.store(at, i8x16.splat(0));
  store<u32>(row, <u32>start);
  nextRow = end;
  return row;
}

export function openRecord(start: usize): usize {
  recordRow = openRow(start);
  return recordRow;
}

export function openElement(start: usize): usize {
  elementRow = openRow(start);
  return elementRow;
}

// @ts-ignore: decorator
@inline
export function closeRow(row: usize, end: usize): void {
  store<u32>(row + END, <u32>end);
}

export function closeElements(): void {
  store<u32>(recordRow + ELEMENTS, <u32>((nextRow - recordRow) / rowBytes - 1));
}

/** Takes back the rows of elements noted so far. */
export function dropElements(): void {
  nextRow = recordRow + rowBytes;
  store<u32>(recordRow + ELEMENTS, 0);
  store<u32>(recordRow + FLAGS, load<u32>(recordRow + FLAGS) & ~NOT_ALL_OBJECTS);
}

export function dropRecord(): void {
  nextRow = recordRow;
}

/** Turns the record's row into that of an invalid one. */
export function spoilRecord(start: usize, end: usize, code: i32, at: usize): void {
  dropRecord();
  openRecord(start);
  closeRow(recordRow, end);
  raise(recordRow, INVALID);
  store<u32>(recordRow + FIELDS, <u32>code);
  store<u32>(recordRow + FIELDS + 4, <u32>at);
}

export function raise(row: usize, flags: u32): void {
  store<u32>(row + FLAGS, load<u32>(row + FLAGS) | flags);
}

/** Raises watches: the record's are the lower 16 bits, the elements' the upper. */
export function raiseWatches(watches: u32): void {
  if (watches & 0xffff) raise(recordRow, (watches & 0xffff) << 8);
  if (watches >> 16) raise(elementRow, (watches >> 16) << 8);
}
