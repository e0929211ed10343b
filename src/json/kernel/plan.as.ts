/**
 * The layout as `plan.ts` lays it into memory: nodes (the keys that lead to noted fields), and watches.
 * All are structures of 32-bit words; keys are padded to 16 bytes.
 */

/** Watches that look at all objects from here on down. */
const WATCHES: usize = 0;
/** Watches that begin to look at one of the nodes below. */
const WATCHES_BELOW: usize = 4;
const TRAITS: usize = 8;
/** The list of offsets in the row of the pairs that this value goes to, and behind them of those of all below. */
const PAIRS_FROM: usize = 12;
const PAIRS_OWN_TO: usize = 16;
const PAIRS_TO: usize = 20;
const KEY: usize = 24;
const KEY_LENGTH: usize = 28;
/** The next node of the same slot, or 0. */
const NEXT: usize = 32;
/** Children by the hash of their keys. */
const SLOTS: usize = 36;
const SLOT_MASK: usize = 40;
/** The object in which the key was met last: twice the same means a repeated key. */
const SEEN_IN: usize = 44;
/** The guesses of `guess.as.ts`, and the one for the first key of the object. */
export const GUESSES: usize = 48;
export const FIRST_GUESS: usize = 52;
const NODE_BYTES: usize = 56;

/** Has children. */
export const PARENT: u32 = 1;
/** Leads to noted fields, or to the elements. */
export const ON_THE_WAY: u32 = 2;
/** Is noted itself, or leads to what is. */
export const NOTED: u32 = 4;
/** The objects of the array here have rows of their own. */
export const ELEMENTS_HERE: u32 = 8;
/** The array of elements is here or below. */
export const ELEMENTS_IN: u32 = 16;

// @ts-ignore: decorator
@inline
export function watches(node: usize): u32 {
  return load<u32>(node, WATCHES);
}

// @ts-ignore: decorator
@inline
export function watchesBelow(node: usize): u32 {
  return load<u32>(node, WATCHES_BELOW);
}

// @ts-ignore: decorator
@inline
export function has(node: usize, trait: u32): bool {
  return (load<u32>(node, TRAITS) & trait) != 0;
}

/** Whether the node's key was met in this object before; from now on it was. */
// @ts-ignore: decorator
@inline
export function repeated(node: usize, object: usize): bool {
  if (load<u32>(node, SEEN_IN) == <u32>object) return true;
  store<u32>(node, <u32>object, SEEN_IN);
  return false;
}

/** Before a scan: an earlier one may have met objects at the same addresses. */
export function forgetSeen(from: usize, to: usize): void {
  for (let node = from; node < to; node += NODE_BYTES) store<u32>(node, 0, SEEN_IN);
}

/** Notes that the value of `node` is [start, end). */
// @ts-ignore: decorator
@inline
export function notePairs(node: usize, row: usize, start: usize, end: usize): void {
  const to: usize = load<u32>(node, PAIRS_OWN_TO);
  for (let pair: usize = load<u32>(node, PAIRS_FROM); pair < to; pair += 4) {
    store<u64>(row + load<u32>(pair), <u64>start | (<u64>end << 32));
  }
}

export function clearPairs(node: usize, row: usize): void {
  const to: usize = load<u32>(node, PAIRS_TO);
  for (let pair: usize = load<u32>(node, PAIRS_FROM); pair < to; pair += 4) store<u64>(row + load<u32>(pair), 0);
}

/** The child of `node` under the key at `key`, or 0. */
// @ts-ignore: decorator
@inline
export function child(node: usize, key: usize, length: usize): usize {
  // The bytes before an empty key's end and behind its start are its quotes.
  const hash = <u32>length + <u32>load<u8>(key) * 3 + <u32>load<u8>(key + length - 1) * 5;
  const slot = (hash & load<u32>(node, SLOT_MASK)) << 2;
  let found: usize = load<u32>(<usize>load<u32>(node, SLOTS) + slot);
  while (found) {
    if (load<u32>(found, KEY_LENGTH) == <u32>length && same(key, load<u32>(found, KEY), length)) return found;
    found = load<u32>(found, NEXT);
  }
  return 0;
}

/** Whether `length` bytes are the same at both. Reads up to 15 bytes more. */
export function same(one: usize, other: usize, length: usize): bool {
  while (length > 16) {
    if (i8x16.bitmask(i8x16.ne(v128.load(one), v128.load(other)))) return false;
    one += 16;
    other += 16;
    length -= 16;
  }
  return (i8x16.bitmask(i8x16.ne(v128.load(one), v128.load(other))) & ((1 << <i32>length) - 1)) == 0;
}
