import { contains, mayHide } from "./contain.as";
import { same } from "./plan.as";

/**
 * A watch: its key, and where the list of the values lies that it accepts, and behind it that of the texts which it
 * accepts a value for; each a pair of address and length.
 */
const KEY: usize = 0;
const KEY_LENGTH: usize = 4;
const VALUES_FROM: usize = 8;
const VALUES_TO: usize = 12;
const TEXTS_TO: usize = 16;
/** 1 where any value will do. */
const ANY: usize = 20;
const WATCH_BYTES: usize = 24;

/** The 32 watches: 16 of records, 16 of elements. */
let list: usize = 0;
/** A bit for each length (modulo 64) that a watched key has. */
let lengths: u64 = 0;
/** Those whose keys are written with escapes. */
export let obscure: u32 = 0;

export function openWatches(at: usize, keyLengths: u64, obscureKeys: u32): void {
  list = at;
  lengths = keyLengths;
  obscure = obscureKeys;
}

/** Those of `watches` that look out for the key at `key`. */
// @ts-ignore: decorator
@inline
export function watchesOf(watches: u32, key: usize, length: usize): u32 {
  return (lengths >> <u64>(length & 63)) & 1 ? fitting(watches, key, length) : 0;
}

function fitting(watches: u32, key: usize, length: usize): u32 {
  let found: u32 = 0;
  for (; watches; watches &= watches - 1) {
    const watch = list + <usize>ctz(watches) * WATCH_BYTES;
    if (load<u32>(watch, KEY_LENGTH) != <u32>length) continue;
    if (same(key, load<u32>(watch, KEY), length)) found |= watches & -watches;
  }
  return found;
}

/** Those of `watches` that accept any value. */
export function acceptingAny(watches: u32): u32 {
  let found: u32 = 0;
  for (; watches; watches &= watches - 1) {
    if (load<u32>(list + <usize>ctz(watches) * WATCH_BYTES, ANY)) found |= watches & -watches;
  }
  return found;
}

/** Those of `watches` that accept the string of `length` bytes at `value`, quotes left out. */
export function accepting(watches: u32, value: usize, length: usize): u32 {
  let found: u32 = 0;
  for (; watches; watches &= watches - 1) {
    const watch = list + <usize>ctz(watches) * WATCH_BYTES;
    if (load<u32>(watch, ANY) || isAccepted(watch, value, length) || holdsText(watch, value, length)) {
      found |= watches & -watches;
    }
  }
  return found;
}

function isAccepted(watch: usize, value: usize, length: usize): bool {
  const to: usize = load<u32>(watch, VALUES_TO);
  let accepted: usize = load<u32>(watch, VALUES_FROM);
  if (accepted == to) return false;
  // A backslash may write any character: only a decoding walk can tell.
  for (let at = value, end = value + length; at < end; at++) if (load<u8>(at) == 0x5c) return true;
  for (; accepted < to; accepted += 8) {
    if (load<u32>(accepted, 4) == <u32>length && same(value, load<u32>(accepted), length)) return true;
  }
  return false;
}

function holdsText(watch: usize, value: usize, length: usize): bool {
  const to: usize = load<u32>(watch, TEXTS_TO);
  let text: usize = load<u32>(watch, VALUES_TO);
  if (text == to) return false;
  for (; text < to; text += 8) if (contains(value, length, load<u32>(text), load<u32>(text, 4))) return true;
  return mayHide(value, length);
}
