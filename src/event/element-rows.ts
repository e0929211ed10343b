import { ROW } from "../json/layout.ts";
import { NO_VOCABULARY } from "../json/vocabulary.ts";
import { walkArray } from "../json/walk.ts";
import { type Read, ReadRows } from "./read-rows.ts";
import { NO_SLOTS } from "./slots.ts";

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** More than any client sends, and so few that their events fit the memory: of `{}` a record of 30 MB has ten million. */
export const MOST_ELEMENTS = 2 ** 19;

/** More elements than an array can have: an element of an element is told from all others of its record. */
const CHILDREN = 2 ** 24;

/** Integers of a row that notes nothing but where its element lies. */
export const BARE_ROW = ROW.FIELDS;

/**
 * A bare row for each element of the array at `start`, for a record that starts at `record`; undefined where it is no
 * array or holds something else than objects. @throws RangeError when there are more than {@link MOST_ELEMENTS}
 */
export function walkElements(read: Read, start: number, record: number): ReadRows | undefined {
  if (read.buffer[start] !== OPEN_BRACKET) return undefined;
  const spans: number[] = [];
  let allObjects = true;
  walkArray(read.buffer, start, (from, to) => {
    allObjects = read.buffer[from] === OPEN_BRACE;
    if (allObjects) spans.push(from, to);
    return allObjects && spans.length <= 2 * MOST_ELEMENTS;
  });
  if (!allObjects) return undefined;
  assertFew(spans.length / 2);
  const table = new Int32Array((spans.length / 2) * BARE_ROW);
  for (let index = 0; 2 * index < spans.length; index++) {
    table[index * BARE_ROW + ROW.START] = spans[2 * index] as number;
    table[index * BARE_ROW + ROW.END] = spans[2 * index + 1] as number;
  }
  return new ReadRows(read, table, NO_SLOTS, NO_VOCABULARY, record);
}

/** @throws RangeError when an array has so many elements that their events would not fit the memory */
export function assertFew(elements: number): void {
  if (elements <= MOST_ELEMENTS) return;
  throw new RangeError(`the array has more than ${MOST_ELEMENTS} elements`);
}

/** -1 is the record itself: its elements are counted from 0, and theirs from there on. */
export function childOf(parent: number, index: number): number {
  return (parent + 1) * CHILDREN + index;
}
