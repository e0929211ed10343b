import { raiseWatches } from "./rows.as";
import { scalar } from "./scalar.as";
import { colon, skipArray, skipObject, token } from "./skip.as";
import { DEPTH, fail, limit, MAX_DEPTH, SYNTAX, UNFINISHED } from "./state.as";
import { escaped, forgetEscapes, text, veiled } from "./text.as";
import { accepting, acceptingAny, obscure, watchesOf } from "./watch.as";

/** Behind the object whose brace is before `at`: nothing in it is noted, but `active` watches look at its keys. */
export function watchObject(at: usize, depth: i32, active: u32): usize {
  if (depth > MAX_DEPTH) return fail(DEPTH, at - 1);
  at = token(at);
  if (load<u8>(at) == 0x7d) return at + 1;
  while (true) {
    if (at >= limit) return fail(UNFINISHED, limit);
    if (load<u8>(at) != 0x22) return fail(SYNTAX, at);
    const key = at + 1;
    forgetEscapes();
    at = text(key);
    if (!at) return 0;
    let watching = watchesOf(active, key, at - 1 - key);
    if (escaped) {
      raiseWatches(veiled ? active : active & obscure);
      watching = 0;
    }
    at = colon(at);
    if (!at) return 0;
    const value = at;
    const first = <i32>load<u8>(at);
    if (first == 0x22) at = text(at + 1);
    else if (first == 0x7b) at = watchObject(at + 1, depth + 1, active);
    else if (first == 0x5b) at = watchArray(at + 1, depth + 1, active);
    else at = scalar(at, first);
    if (!at) return 0;
    if (watching) watchValue(watching, value, at);
    if (load<u8>(at) != 0x2c) {
      at = token(at);
      if (load<u8>(at) == 0x7d) return at + 1;
      if (load<u8>(at) != 0x2c) return fail(SYNTAX, at);
    }
    at = token(at + 1);
  }
}

/** Behind the array whose bracket is before `at`; `active` watches look at the objects in it, if there are any. */
export function watchArray(at: usize, depth: i32, active: u32): usize {
  if (!active) return skipArray(at, depth);
  if (depth > MAX_DEPTH) return fail(DEPTH, at - 1);
  at = token(at);
  if (load<u8>(at) == 0x5d) return at + 1;
  while (true) {
    if (at >= limit) return fail(UNFINISHED, limit);
    const first = <i32>load<u8>(at);
    if (first == 0x22) at = text(at + 1);
    else if (first == 0x7b) at = watchObject(at + 1, depth + 1, active);
    else if (first == 0x5b) at = watchArray(at + 1, depth + 1, active);
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

/** Behind the value at `at`, in which nothing is noted. */
export function watchAny(at: usize, first: i32, depth: i32, active: u32): usize {
  if (first == 0x22) return text(at + 1);
  if (first == 0x7b) return active ? watchObject(at + 1, depth + 1, active) : skipObject(at + 1, depth + 1);
  if (first == 0x5b) return watchArray(at + 1, depth + 1, active);
  return scalar(at, first);
}

/** The value [start, end) of a key that `watching` look out for. */
export function watchValue(watching: u32, start: usize, end: usize): void {
  const isString = load<u8>(start) == 0x22;
  raiseWatches(isString ? accepting(watching, start + 1, end - start - 2) : acceptingAny(watching));
}
