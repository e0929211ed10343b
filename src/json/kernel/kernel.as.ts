import { noteValue, openNotes } from "./note.as";
import { forgetSeen, notePairs, watches } from "./plan.as";
import { closeRow, dropRecord, NOT_AN_OBJECT, nextRow, openRecord, openTable } from "./rows.as";
import { raise, recordRow, spoilRecord } from "./rows.as";
import { white } from "./scalar.as";
import { bound, errorAt, errorCode, fail, SYNTAX, TABLE_FULL, UNFINISHED } from "./state.as";
import { findSpecials } from "./specials.as";
import { openTold, tell } from "./told.as";
import { openWatches } from "./watch.as";

export { forgetVocabulary, isVocabularyFull } from "./vocabulary.as";

/** Bytes that lines are scanned in at a time, so that they are still in the cache when they are looked at again. */
const LINES_WINDOW: usize = 128 * 1024;
/** Bytes of values that are looked at beforehand: many small ones may fill the table long before the end. */
const VALUES_WINDOW: usize = 16 * 1024 * 1024;

let root: usize = 0;
let nodesFrom: usize = 0;
let nodesTo: usize = 0;
let table: usize = 0;
let tableEnd: usize = 0;
let rowBytes: usize = 0;

/** Makes ready for the layout whose plan (see `plan.ts`) lies at `plan`; its rows go to [tableFrom, tableTo). */
export function prepare(plan: usize, tableFrom: usize, tableTo: usize): void {
  root = load<u32>(plan, 0);
  openNotes(load<u32>(plan, 4));
  nodesFrom = load<u32>(plan, 8);
  nodesTo = load<u32>(plan, 12);
  rowBytes = load<u32>(plan, 16);
  openWatches(load<u32>(plan, 20), load<u64>(plan, 24), load<u32>(plan, 32));
  openTold(plan + 36);
  table = tableFrom;
  tableEnd = tableTo;
}

/** Where the rows of the last scan end. */
export function rowsEnd(): usize {
  return nextRow;
}

/** Scans the lines in [start, end); returns where to go on. */
export function lines(start: usize, end: usize): usize {
  openTable(table, tableEnd, rowBytes);
  while (start < end) {
    const to = endOfWindow(start, end);
    open(start, to, true);
    const row = nextRow;
    start = linesOfWindow(start, to);
    tell(row, rowBytes);
    if (start < to) break;
  }
  return start;
}

function linesOfWindow(start: usize, end: usize): usize {
  while (start < end) {
    let at = start;
    if (load<u8>(at) <= 0x20) {
      at = white(at);
      if (at >= end) break;
      if (load<u8>(at) == 0x0a) {
        start = at + 1;
        continue;
      }
    }
    if (!openRecord(at)) return start;
    at = record(at, end);
    if (at && at < end && load<u8>(at) != 0x0a) {
      at = white(at);
      if (at < end && load<u8>(at) != 0x0a) at = fail(SYNTAX, at);
    }
    if (at) {
      start = at + 1;
      continue;
    }
    if (errorCode == TABLE_FULL) {
      dropRecord();
      return start;
    }
    const lineEnd = endOfLine(start, end);
    spoilLine(start, lineEnd);
    start = lineEnd + 1;
  }
  return end;
}

/** Scans the values in [start, end); returns where to go on. */
export function values(start: usize, end: usize): usize {
  openTable(table, tableEnd, rowBytes);
  start = valuesBetween(start, end);
  tell(table, rowBytes);
  return start;
}

function valuesBetween(start: usize, end: usize): usize {
  let to = min(start + VALUES_WINDOW, end);
  open(start, to, false);
  while (true) {
    start = white(start);
    if (start == end) return end;
    if (!openRecord(start)) return start;
    let at = record(start, to);
    if (at && at < to && white(at) == at) at = fail(SYNTAX, at);
    if (to < end && errorCode != TABLE_FULL && (at ? at : errorAt) >= to) {
      // It may go on behind the window: once more, with twice as much of it.
      dropRecord();
      to = min(start + max(VALUES_WINDOW, 2 * (to - start)), end);
      open(start, to, false);
      continue;
    }
    if (at) {
      start = at;
      continue;
    }
    if (errorCode == TABLE_FULL) {
      dropRecord();
      return start;
    }
    spoil(start, end);
    return end;
  }
}

/** The end of the last line in the window that begins at `start`, or of the one that is longer. */
function endOfWindow(start: usize, end: usize): usize {
  if (end - start <= LINES_WINDOW) return end;
  const middle = start + LINES_WINDOW;
  for (let at = middle; at > start; at--) if (load<u8>(at - 1) == 0x0a) return at;
  const line = endOfLine(middle, end);
  return line < end ? line + 1 : end;
}

/** Makes ready for the bytes in [start, end), which may have changed since an earlier scan. */
function open(start: usize, end: usize, byLine: bool): void {
  bound(end, byLine);
  forgetSeen(nodesFrom, nodesTo);
  findSpecials(start, end);
}

/** Behind the value at `start`, its row filled; 0 if there is none before `end`. */
function record(start: usize, end: usize): usize {
  const row = recordRow;
  const first = <i32>load<u8>(start);
  const at = noteValue(start, first, 0, root, watches(root), row);
  if (!at) return 0;
  if (at > end) return fail(UNFINISHED, end);
  if (first != 0x7b) raise(row, NOT_AN_OBJECT);
  notePairs(root, row, start, at);
  closeRow(row, at);
  return at;
}

function spoilLine(start: usize, end: usize): void {
  spoil(start, end > start && load<u8>(end - 1) == 0x0d ? end - 1 : end);
}

/** Whatever fails at or behind the end fails for want of bytes. */
function spoil(start: usize, end: usize): void {
  const at = errorAt;
  if (at < end) spoilRecord(start, end, errorCode, at);
  else spoilRecord(start, end, UNFINISHED, end);
}

function endOfLine(at: usize, end: usize): usize {
  for (; at < end; at += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x0a)));
    if (found) return min(at + ctz(found), end);
  }
  return end;
}
