import { childOf, fits, learn, lengthOf, NEXT, watchingOf } from "./guess.as";
import { child, clearPairs, FIRST_GUESS, has, notePairs, repeated, watches, watchesBelow } from "./plan.as";
import { ELEMENTS_HERE, ELEMENTS_IN, NOTED, ON_THE_WAY, PARENT } from "./plan.as";
import { closeElements, closeRow, dropElements, openElement, raise, raiseWatches, recordRow } from "./rows.as";
import { ESCAPED_KEY, NOT_ALL_OBJECTS, REPEATED } from "./rows.as";
import { colon, token } from "./skip.as";
import { DEPTH, fail, limit, MAX_DEPTH, SYNTAX, UNFINISHED } from "./state.as";
import { escaped, forgetEscapes, text } from "./text.as";
import { watchesOf } from "./watch.as";
import { watchAny, watchValue } from "./watched.as";

/** The node of an element. */
let elementNode: usize = 0;

export function openNotes(element: usize): void {
  elementNode = element;
}

/** Behind the value at `at`, found at `node`; `active` are the watches that look at all below. */
export function noteValue(at: usize, first: i32, depth: i32, node: usize, active: u32, row: usize): usize {
  if (first == 0x7b && has(node, PARENT)) return noteObject(at + 1, depth + 1, node, active, row);
  if (first == 0x5b && has(node, ELEMENTS_HERE)) return noteElements(at + 1, depth + 1, active);
  return watchAny(at, first, depth, active);
}

/** Behind the object whose brace is before `at`. */
function noteObject(at: usize, depth: i32, node: usize, active: u32, row: usize): usize {
  if (depth > MAX_DEPTH) return fail(DEPTH, at - 1);
  const object = at;
  let before = node + FIRST_GUESS;
  let guess: usize = load<u32>(before);
  at = token(at);
  if (load<u8>(at) == 0x7d) return at + 1;
  while (true) {
    if (at >= limit) return fail(UNFINISHED, limit);
    let found: usize = 0;
    let watching: u32 = 0;
    if (fits(guess, at)) {
      found = childOf(guess);
      watching = watchingOf(guess);
      at = token(at + lengthOf(guess));
      before = guess + NEXT;
      guess = load<u32>(before);
    } else {
      if (load<u8>(at) != 0x22) return fail(SYNTAX, at);
      const key = at + 1;
      forgetEscapes();
      at = text(key);
      if (!at) return 0;
      const length = at - 1 - key;
      if (escaped) noteEscapedKey(node, active, row);
      else {
        found = child(node, key, length);
        if (active) watching = watchesOf(active, key, length);
        // What lies behind the limit may look like a key that nobody has checked.
        if (length < 30 && at < limit && load<u8>(at) == 0x3a && has(node, PARENT)) {
          before = learn(node, before, key - 1, length, found, watching) + NEXT;
          guess = load<u32>(before);
        }
      }
      at = colon(at);
      if (!at) return 0;
    }
    const value = at;
    const first = <i32>load<u8>(at);
    if (found) {
      if (repeated(found, object)) forget(found, row);
      if (first == 0x22) at = text(at + 1);
      else at = noteValue(at, first, depth, found, active | watches(found), row);
      if (!at) return 0;
      notePairs(found, row, value, at);
    } else {
      if (first == 0x22) at = text(at + 1);
      else at = watchAny(at, first, depth, active);
      if (!at) return 0;
    }
    if (watching) watchValue(watching, value, at);
    if (load<u8>(at) != 0x2c) {
      at = token(at);
      if (load<u8>(at) == 0x7d) return at + 1;
      if (load<u8>(at) != 0x2c) return fail(SYNTAX, at);
    }
    at = token(at + 1);
  }
}

/** Behind the array whose bracket is before `at`, each of whose objects has a row of its own, if all are objects. */
function noteElements(at: usize, depth: i32, active: u32): usize {
  if (depth > MAX_DEPTH) return fail(DEPTH, at - 1);
  let splits = true;
  at = token(at);
  if (load<u8>(at) == 0x5d) return at + 1;
  while (true) {
    if (at >= limit) return fail(UNFINISHED, limit);
    const first = <i32>load<u8>(at);
    if (splits && first == 0x7b) {
      const row = openElement(at);
      if (!row) return 0;
      const start = at;
      at = noteObject(at + 1, depth + 1, elementNode, active | watches(elementNode), row);
      if (!at) return 0;
      closeRow(row, at);
      notePairs(elementNode, row, start, at);
    } else {
      if (splits) {
        splits = false;
        dropElements();
        raise(recordRow, NOT_ALL_OBJECTS);
      }
      at = watchAny(at, first, depth, active);
      if (!at) return 0;
    }
    at = token(at);
    if (load<u8>(at) == 0x2c) at = token(at + 1);
    else if (load<u8>(at) == 0x5d) {
      if (splits) closeElements();
      return at + 1;
    } else return fail(SYNTAX, at);
  }
}

function noteEscapedKey(node: usize, active: u32, row: usize): void {
  if (has(node, ON_THE_WAY)) raise(row, ESCAPED_KEY);
  raiseWatches(active | watchesBelow(node));
}

/** The key of `node` comes again: what its first value held counts no more. */
function forget(node: usize, row: usize): void {
  if (!has(node, NOTED)) return;
  raise(row, REPEATED);
  clearPairs(node, row);
  if (has(node, ELEMENTS_IN)) dropElements();
}
