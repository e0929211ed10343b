import { BYTE } from "./bytes.ts";
import { stringEquals } from "./decode-string.ts";
import type { Keys } from "./layout.ts";
import { skipSpace, skipString, skipValue } from "./skip.ts";

export { decodeString, stringEquals } from "./decode-string.ts";
export { decodeValue } from "./decode-value.ts";
export { skipValue } from "./skip.ts";

/*
 * Walks over JSON that a scan has passed. It is the slow and simple way, for the few values that are
 * looked at twice; the spans that every record needs come from the scan itself.
 */

/** Sees one member of an object: its key with the quotes, and its value. Returning false ends the walk. */
export type VisitMember = (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => boolean | void;

/** Sees one element of an array. Returning false ends the walk. */
export type VisitElement = (valueStart: number, valueEnd: number) => boolean | void;

/**
 * Visits the members of the object whose brace stands at `start`, in order and repeated keys included.
 * Returns the offset behind the object, or behind the value at which `visit` ended the walk.
 */
export function walkObject(buffer: Uint8Array, start: number, visit: VisitMember): number {
  let at = skipSpace(buffer, start + 1);
  while (at < buffer.length && buffer[at] !== BYTE.CLOSE_OBJECT) {
    const keyEnd = skipString(buffer, at);
    const colon = skipSpace(buffer, keyEnd);
    const valueStart = skipSpace(buffer, colon + 1);
    const valueEnd = skipValue(buffer, valueStart);
    if (visit(at, keyEnd, valueStart, valueEnd) === false) return valueEnd;
    at = skipSpace(buffer, valueEnd);
    if (buffer[at] === BYTE.COMMA) at = skipSpace(buffer, at + 1);
  }
  return at + 1;
}

/**
 * Visits the elements of the array whose bracket stands at `start`.
 * Returns the offset behind the array, or behind the element at which `visit` ended the walk.
 */
export function walkArray(buffer: Uint8Array, start: number, visit: VisitElement): number {
  let at = skipSpace(buffer, start + 1);
  while (at < buffer.length && buffer[at] !== BYTE.CLOSE_ARRAY) {
    const valueEnd = skipValue(buffer, at);
    if (visit(at, valueEnd) === false) return valueEnd;
    at = skipSpace(buffer, valueEnd);
    if (buffer[at] === BYTE.COMMA) at = skipSpace(buffer, at + 1);
  }
  return at + 1;
}

/** Where a value lies in a buffer, quotes and brackets included, white space around it left out. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The value that `JSON.parse` would show at `keys`, below the value that begins in `buffer[start, end)`:
 * of a repeated key the last occurrence counts, decided level by level. Undefined where a key is absent
 * or its parent is no object. No keys: the value itself. The bytes must be valid.
 */
export function findLast(buffer: Uint8Array, start: number, end: number, keys: Keys): Span | undefined {
  let span = valueAt(buffer, start, end);
  for (const key of keys) {
    if (span === undefined || buffer[span.start] !== BYTE.OPEN_OBJECT) return undefined;
    let found: Span | undefined;
    walkObject(buffer, span.start, (keyStart, keyEnd, valueStart, valueEnd) => {
      if (stringEquals(buffer, keyStart, keyEnd, key)) found = { start: valueStart, end: valueEnd };
    });
    span = found;
  }
  return span;
}

/**
 * Every value at `keys`, in the order of the bytes, through every occurrence of every parent: what an
 * edit has to touch so that nothing survives in a duplicate that readers do not see.
 */
export function findAll(buffer: Uint8Array, start: number, end: number, keys: Keys): Span[] {
  const root = valueAt(buffer, start, end);
  let level: Span[] = root === undefined ? [] : [root];
  for (const key of keys) {
    const next: Span[] = [];
    for (const parent of level) {
      if (buffer[parent.start] !== BYTE.OPEN_OBJECT) continue;
      walkObject(buffer, parent.start, (keyStart, keyEnd, valueStart, valueEnd) => {
        if (stringEquals(buffer, keyStart, keyEnd, key)) next.push({ start: valueStart, end: valueEnd });
      });
    }
    level = next;
  }
  return level;
}

function valueAt(buffer: Uint8Array, start: number, end: number): Span | undefined {
  const first = skipSpace(buffer, start);
  return first < end ? { start: first, end: skipValue(buffer, first) } : undefined;
}
