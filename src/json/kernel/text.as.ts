import { specials } from "./specials.as";
import { fail, limit, SYNTAX, UNFINISHED, UTF8 } from "./state.as";

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;

/** What may follow a backslash by itself, as bits: `"/`, and behind 64 `\\bfnrt`. */
const LOW_LETTERS: u64 = (1 << 0x22) | (1 << 0x2f);
const HIGH_LETTERS: u64 = (1 << 0x1c) | (1 << 0x22) | (1 << 0x26) | (1 << 0x2e) | (1 << 0x32) | (1 << 0x34);

/** Whether a string held a backslash since somebody set this to false. */
export let escaped: bool = false;
/** Whether one of them may stand for any character: `\u`, `\/`. The others write quotes, backslashes and controls alone. */
export let veiled: bool = false;

export function forgetEscapes(): void {
  escaped = false;
  veiled = false;
}

/** Behind the closing quote of the string whose first byte (behind the opening quote) is at `at`; 0 if it is none. */
// @ts-ignore: decorator
@inline
export function text(at: usize): usize {
  const found = specials(at);
  if (!found) return longText(at);
  const stop = at + <usize>ctz(found);
  return load<u8>(stop) == QUOTE ? stop + 1 : hardText(stop);
}

/** Goes on where the next bytes are all plain. */
function longText(at: usize): usize {
  while (at < limit) {
    const found = specials(at);
    if (found) {
      at += <usize>ctz(found);
      return load<u8>(at) == QUOTE ? at + 1 : hardText(at);
    }
    at = (at | 7) + 57;
  }
  return fail(UNFINISHED, limit);
}

/** Goes on at a byte that is special. */
function hardText(at: usize): usize {
  while (at < limit) {
    const found = specials(at);
    if (!found) {
      at = (at | 7) + 57;
      continue;
    }
    at += <usize>ctz(found);
    const byte = load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte == BACKSLASH) {
      escaped = true;
      at = escape(at + 1);
    } else if (byte < 0x20) {
      return fail(SYNTAX, at);
    } else {
      do {
        at = character(at);
        if (!at) return 0;
      } while (load<i8>(at) < 0);
    }
    if (!at) return 0;
  }
  return fail(UNFINISHED, limit);
}

/** Behind the escape whose letter is at `at`. */
// @ts-ignore: decorator
@inline
function escape(at: usize): usize {
  const letter = load<u8>(at);
  if (letter == QUOTE) return at + 1;
  if (letter == 0x75) return unicodeEscape(at);
  if (letter == 0x2f) veiled = true;
  const letters = letter < 64 ? LOW_LETTERS : HIGH_LETTERS;
  return letter < 128 && (letters >> <u64>(letter & 63)) & 1 ? at + 1 : fail(SYNTAX, at);
}

/** Behind the four digits that follow the `u` at `at`. */
function unicodeEscape(at: usize): usize {
  veiled = true;
  for (const end = at + 4; at < end; ) {
    at++;
    const digit = <u32>load<u8>(at);
    if (digit - 0x30 > 9 && (digit | 0x20) - 0x61 > 5) return fail(SYNTAX, at);
  }
  return at + 1;
}

/** Behind the character of two to four bytes at `at`, by table 3-7 of the Unicode standard. */
function character(at: usize): usize {
  const lead = <u32>load<u8>(at);
  if (lead < 0xc2 || lead > 0xf4) return fail(UTF8, at);
  const end = at + (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);
  let lowest: u32 = 0x80;
  let highest: u32 = 0xbf;
  if (lead == 0xe0) lowest = 0xa0; // overlong
  else if (lead == 0xed) highest = 0x9f; // surrogates
  else if (lead == 0xf0) lowest = 0x90; // overlong
  else if (lead == 0xf4) highest = 0x8f; // over U+10FFFF
  const second = <u32>load<u8>(at + 1);
  if (second < lowest || second > highest) return fail(UTF8, at + 1);
  for (let next = at + 2; next < end; next++) {
    if ((load<u8>(next) & 0xc0) != 0x80) return fail(UTF8, next);
  }
  return end;
}
