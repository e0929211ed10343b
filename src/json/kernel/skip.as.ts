import { scalar, white } from "./scalar.as";
import { DEPTH, fail, limit, MAX_DEPTH, SYNTAX, UNFINISHED } from "./state.as";
import { text } from "./text.as";

/** Behind the object whose brace is before `at`, the `depth`-th container open; nothing in it is noted. */
export function skipObject(at: usize, depth: i32): usize {
  if (depth > MAX_DEPTH) return fail(DEPTH, at - 1);
  at = token(at);
  if (load<u8>(at) == 0x7d) return at + 1;
  while (true) {
    if (at >= limit) return fail(UNFINISHED, limit);
    if (load<u8>(at) != 0x22) return fail(SYNTAX, at);
    at = text(at + 1);
    if (!at) return 0;
    at = colon(at);
    if (!at) return 0;
    const first = <i32>load<u8>(at);
    if (first == 0x22) at = text(at + 1);
    else if (first == 0x7b) at = skipObject(at + 1, depth + 1);
    else if (first == 0x5b) at = skipArray(at + 1, depth + 1);
    else at = scalar(at, first);
    if (!at) return 0;
    if (load<u8>(at) != 0x2c) {
      at = token(at);
      if (load<u8>(at) == 0x7d) return at + 1;
      if (load<u8>(at) != 0x2c) return fail(SYNTAX, at);
    }
    at = token(at + 1);
  }
}

/** Behind the array whose bracket is before `at`; nothing in it is noted. */
export function skipArray(at: usize, depth: i32): usize {
  if (depth > MAX_DEPTH) return fail(DEPTH, at - 1);
  at = token(at);
  if (load<u8>(at) == 0x5d) return at + 1;
  while (true) {
    if (at >= limit) return fail(UNFINISHED, limit);
    const first = <i32>load<u8>(at);
    if (first == 0x22) at = text(at + 1);
    else if (first == 0x7b) at = skipObject(at + 1, depth + 1);
    else if (first == 0x5b) at = skipArray(at + 1, depth + 1);
    else at = scalar(at, first);
    if (!at) return 0;
    if (load<u8>(at) != 0x2c) {
      at = token(at);
      if (load<u8>(at) == 0x5d) return at + 1;
      if (load<u8>(at) != 0x2c) return fail(SYNTAX, at);
    }
    at = token(at + 1);
  }
}

/** The next token's first byte: `at` itself where no white space lies between, as in all that programs write. */
// @ts-ignore: decorator
@inline
export function token(at: usize): usize {
  return load<u8>(at) > 0x20 ? at : white(at);
}

/** The first byte of the value behind the colon that is due at `at`, or 0. */
// @ts-ignore: decorator
@inline
export function colon(at: usize): usize {
  if (load<u8>(at) != 0x3a) {
    at = white(at);
    if (load<u8>(at) != 0x3a) return fail(SYNTAX, at);
  }
  return token(at + 1);
}
