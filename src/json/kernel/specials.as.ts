/** Where the bits lie: see `memory-map.ts`. */
const BITS: usize = 0xc00000;

/** Notes a bit for each byte of [from, to) that a string cannot just hold: quote, backslash, control, not ASCII. */
export function findSpecials(from: usize, to: usize): void {
  for (let at = from & ~63; at < to; at += 64) {
    const low = special(at) | (special(at + 16) << 16);
    const high = special(at + 32) | (special(at + 48) << 16);
    store<u64>(at >> 3, low | (high << 32), BITS);
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
function special(at: usize): u64 {
  const chunk = v128.load(at);
  const quote = i8x16.eq(chunk, i8x16.splat(0x22));
  const backslash = i8x16.eq(chunk, i8x16.splat(0x5c));
  // Bytes over 0x7f are negative: one comparison finds them and the control characters.
  const outOfRange = i8x16.lt_s(chunk, i8x16.splat(0x20));
  return <u64>i8x16.bitmask(v128.or(v128.or(quote, backslash), outOfRange));
}
