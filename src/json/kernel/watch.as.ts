import { same } from "./plan.as";

/** A watch: its key, and where the list of the values it accepts lies; each a pair of address and length. */
const KEY: usize = 0;
const KEY_LENGTH: usize = 4;
const VALUES_FROM: usize = 8;
const VALUES_TO: usize = 12;
/** 1 where any value will do. */
const ANY: usize = 16;
const WATCH_BYTES: usize = 20;

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

/** Those of `watches` that accept the string at `value`, and those that accept any value if it is 0. */
export function accepting(watches: u32, value: usize, length: usize): u32 {
  let found: u32 = 0;
  for (; watches; watches &= watches - 1) {
    const watch = list + <usize>ctz(watches) * WATCH_BYTES;
    const to: usize = load<u32>(watch, VALUES_TO);
    let accepted: usize = load<u32>(watch, VALUES_FROM);
    let accepts = load<u32>(watch, ANY) != 0;
    for (; value && !accepts && accepted < to; accepted += 8) {
      accepts = load<u32>(accepted, 4) == <u32>length && same(value, load<u32>(accepted), length);
    }
    if (accepts) found |= watches & -watches;
  }
  return found;
}
