import { fail, limit, linewise, SYNTAX } from "./state.as";

/** The first byte from `at` on that is no white space. */
export function white(at: usize): usize {
  while (at < limit) {
    const byte = load<u8>(at);
    if (byte > 0x20) break;
    if (byte != 0x20 && byte != 0x09 && byte != 0x0d && (byte != 0x0a || linewise)) break;
    at++;
  }
  return at;
}

/** Behind the number, `true`, `false` or `null` at `at`, whose first byte is `first`. */
export function scalar(at: usize, first: i32): usize {
  if (first == 0x74) return word(at, 0x65757274, 4); // true
  if (first == 0x6e) return word(at, 0x6c6c756e, 4); // null
  if (first == 0x66) return word(at, 0x65736c6166, 5); // false
  return number(at);
}

function word(at: usize, letters: u64, length: usize): usize {
  for (const end = at + length; at < end; at++, letters >>= 8) {
    if (load<u8>(at) != <u8>letters) return fail(SYNTAX, at);
  }
  return at;
}

/** A number at the top ends where the bytes do, so here no byte behind the limit is looked at. */
function number(at: usize): usize {
  if (byteAt(at) == 0x2d) at++;
  if (byteAt(at) == 0x30) at++;
  else {
    at = digits(at);
    if (!at) return 0;
  }
  if (byteAt(at) == 0x2e) {
    at = digits(at + 1);
    if (!at) return 0;
  }
  if ((byteAt(at) | 0x20) == 0x65) {
    at++;
    if (byteAt(at) == 0x2b || byteAt(at) == 0x2d) at++;
    at = digits(at);
  }
  return at;
}

function digits(at: usize): usize {
  if (byteAt(at) - 0x30 > 9) return fail(SYNTAX, at);
  do at++;
  while (byteAt(at) - 0x30 <= 9);
  return at;
}

// @ts-ignore: decorator
@inline
function byteAt(at: usize): u32 {
  return at < limit ? <u32>load<u8>(at) : 0;
}
