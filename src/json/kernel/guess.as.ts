/**
 * Programs write the keys of an object in the same order each time. So each key remembers the one that came behind
 * it last, and the next key is compared with that first: where it is the same, its end and its node are known at once.
 */
import { GUESSES } from "./plan.as";

/** A guess: the 32 bytes from the opening quote on, of which the first LENGTH are `"key":` and count. */
const LENGTH: usize = 32;
/** A bit for each of the 32 bytes that do not count. */
const IGNORED: usize = 36;
/** The node that the key leads to, or 0, and the watches that look out for it. */
const CHILD: usize = 40;
const WATCHING: usize = 44;
/** The guess for the key behind this one. */
export const NEXT: usize = 48;
const GUESS_BYTES: u32 = 64;
/** Each parent has 128 of them, in slots by the key's hash. */
const SLOT_BITS: u32 = 7;

/** Whether the member at `at` begins with the key of `guess`. A guess never made is all zeros, which no member is. */
// @ts-ignore: decorator
@inline
export function fits(guess: usize, at: usize): bool {
  const low = i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(guess)));
  const high = i8x16.bitmask(i8x16.eq(v128.load(at, 16), v128.load(guess, 16)));
  return (low | (high << 16) | load<i32>(guess, IGNORED)) == -1;
}

/** Bytes from the opening quote to behind the colon. */
// @ts-ignore: decorator
@inline
export function lengthOf(guess: usize): usize {
  return load<u32>(guess, LENGTH);
}

// @ts-ignore: decorator
@inline
export function childOf(guess: usize): usize {
  return load<u32>(guess, CHILD);
}

// @ts-ignore: decorator
@inline
export function watchingOf(guess: usize): u32 {
  return load<u32>(guess, WATCHING);
}

/** Keeps the key at `at` (its opening quote) of an object at `node`, to be guessed behind `before`. */
export function learn(node: usize, before: usize, at: usize, length: usize, child: usize, watching: u32): usize {
  const hash = load<u32>(at) * 0x9e3779b1 + load<u32>(at + length - 2) * 0x85ebca77 + <u32>length * 0xc2b2ae3d;
  const slot = hash >> (32 - SLOT_BITS);
  const guess = <usize>load<u32>(node, GUESSES) + slot * GUESS_BYTES;
  const end = length + 3;
  if (!fits(guess, at) || lengthOf(guess) != end) {
    v128.store(guess, v128.load(at));
    v128.store(guess, v128.load(at, 16), 16);
    store<u32>(guess, <u32>end, LENGTH);
    store<u32>(guess, end < 32 ? -1 << <i32>end : 0, IGNORED);
    store<u32>(guess, <u32>child, CHILD);
    store<u32>(guess, watching, WATCHING);
    store<u32>(guess, <u32>guess, NEXT);
  }
  store<u32>(before, <u32>guess);
  return guess;
}
