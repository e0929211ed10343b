/** Where the bits lie: see `memory-map.ts`. */
const BITS: usize = 0xc00000;

/** Loaded, not written into the code: a constant vector there is put together anew each time that it is used. */
const MARKS: usize = memory.data<u8>([0x22, 0x5c, 0x20]);

/** Notes a bit for each byte of [from, to) that a string cannot just hold: quote, backslash, control, not ASCII. */
export function findSpecials(from: usize, to: usize): void {
  const quote = v128.load_splat<u8>(MARKS);
  const backslash = v128.load_splat<u8>(MARKS, 1);
  const space = v128.load_splat<u8>(MARKS, 2);
  for (let at = from & ~63; at < to; at += 64) {
    const bits = BITS + (at >> 3);
    store<u32>(bits, special(at, quote, backslash, space) | (special(at + 16, quote, backslash, space) << 16));
    store<u32>(bits, special(at + 32, quote, backslash, space) | (special(at + 48, quote, backslash, space) << 16), 4);
  }
}

/** The bits of the bytes from `at` on: 57 at least, the lowest first. */
// @ts-ignore: decorator
@inline
export function specials(at: usize): u64 {
  return load<u64>(at >> 3, BITS) >> <u64>(at & 7);
}

// @ts-ignore: decorator
@inline
function special(at: usize, quote: v128, backslash: v128, space: v128): u32 {
  const chunk = v128.load(at);
  // Bytes over 0x7f are negative: one comparison finds them and the control characters.
  const outOfRange = i8x16.lt_s(chunk, space);
  return i8x16.bitmask(v128.or(v128.or(i8x16.eq(chunk, quote), i8x16.eq(chunk, backslash)), outOfRange));
}
