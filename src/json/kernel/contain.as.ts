import { same } from "./plan.as";

/** `\u00`, the first byte lowest. */
const ESCAPE: u32 = 0x3030755c;

/** Whether the `length` bytes at `start` contain those at `text`, of which there is one at least. Reads some bytes more. */
export function contains(start: usize, length: usize, text: usize, textLength: usize): bool {
  if (textLength > length) return false;
  const first = i8x16.splat(load<i8>(text));
  const last = i8x16.splat(load<i8>(text + textLength - 1));
  // Where the text may begin.
  const end = start + length - textLength + 1;
  for (let at = start; at < end; at += 16) {
    const begins = i8x16.eq(v128.load(at), first);
    let found = i8x16.bitmask(v128.and(begins, i8x16.eq(v128.load(at + textLength - 1), last)));
    for (; found; found &= found - 1) {
      const begin = at + <usize>ctz(found);
      if (begin >= end) return false;
      if (same(begin, text, textLength)) return true;
    }
  }
  return false;
}

/** Whether the `length` bytes at `start` have an escape that may write a letter, a digit or a backslash: `mayHide` of `layout.ts`. */
export function mayHide(start: usize, length: usize): bool {
  // Five bytes of such an escape lie before the end; behind it stands a quote, which is no digit.
  if (length < 5) return false;
  const end = start + length - 4;
  for (let at = start; at < end; at += 16) {
    const backslashes = i8x16.eq(v128.load(at), i8x16.splat(0x5c));
    let found = i8x16.bitmask(v128.and(backslashes, i8x16.eq(v128.load(at, 1), i8x16.splat(0x75))));
    for (; found; found &= found - 1) {
      const begin = at + <usize>ctz(found);
      if (begin >= end) return false;
      if (load<u32>(begin) != ESCAPE) continue;
      const digit = <u32>load<u8>(begin, 4);
      if (digit - 0x34 < 4 || (digit == 0x33 && <u32>load<u8>(begin, 5) - 0x30 < 10)) return true;
    }
  }
  return false;
}
