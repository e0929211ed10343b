import { BYTE, ESCAPE, isDigit, isHexDigit, LITERAL } from "./bytes.ts";
import { skipPlain, viewOf } from "./plain-run.ts";
import { MAX_DEPTH, SCAN_ERROR } from "./scanner.ts";
import { readSequence } from "./utf8.ts";
import type { WatchList } from "./watch-list.ts";

const NONE: Uint8Array = new Uint8Array(0);

/**
 * A reader of one JSON value that checks each byte of it, without recursion. Each `read…` takes the
 * offset of a first byte and returns the offset behind the last, or -1 once `error` and `errorAt` say
 * why not. Keys are looked at only where a watch is active.
 */
export class Grammar {
  buffer: Uint8Array = NONE;
  /** The same bytes as `buffer`. */
  view: DataView = viewOf(NONE);
  end = 0;
  /** Whether LF is white space; else it ends the record. */
  lineFeeds = false;
  /** Containers open around the value that is read next. */
  depth = 0;
  /** The watches over the value that is read next, and those that were raised since somebody cleared them. */
  active = 0;
  raised = 0;
  /** Whether the string read last has escapes. */
  escaped = false;
  /** Whether one of the escapes may stand for any character: `\u`, `\/`. The others write quotes, backslashes and controls alone. */
  veiled = false;
  error = 0;
  errorAt = 0;
  readonly watches: WatchList;
  /** For each container that `readValue` has open: 1 for an object, 0 for an array. */
  readonly #open = new Uint8Array(MAX_DEPTH + 1);

  constructor(watches: WatchList) {
    this.watches = watches;
  }

  /** Begins with other bytes: `buffer` up to `end`. */
  open(buffer: Uint8Array, end: number, lineFeeds: boolean): void {
    this.buffer = buffer;
    this.view = viewOf(buffer);
    this.end = end;
    this.lineFeeds = lineFeeds;
  }

  /** Lets go of the bytes. */
  close(): void {
    this.buffer = NONE;
    this.view = viewOf(NONE);
    this.end = 0;
  }

  /** Reads the value that begins at `at`, whatever it is. */
  readValue(at: number): number {
    const buffer = this.buffer;
    const end = this.end;
    const open = this.#open;
    const base = this.depth;
    let depth = base;
    for (;;) {
      const first = at < end ? buffer[at] : 0;
      if (first === BYTE.QUOTE) {
        at = skipPlain(buffer, this.view, at + 1, end);
        if (at < end && buffer[at] === BYTE.QUOTE) at++;
        else if ((at = this.#finishString(at)) < 0) return -1;
      } else if ((first | 0x20) === BYTE.OPEN_OBJECT) {
        if (depth === MAX_DEPTH) return this.fail(SCAN_ERROR.DEPTH, at);
        const isObject = first === BYTE.OPEN_OBJECT;
        at = this.skipSpace(at + 1);
        if (at < end && buffer[at] === (isObject ? BYTE.CLOSE_OBJECT : BYTE.CLOSE_ARRAY)) at++;
        else {
          open[++depth] = isObject ? 1 : 0;
          if (isObject && (at = this.#readKey(at)) < 0) return -1;
          continue;
        }
      } else if ((at = this.readScalar(at)) < 0) return -1;

      for (;;) {
        if (depth === base) return at;
        if (at < end && buffer[at] <= BYTE.SPACE) at = this.skipSpace(at);
        const next = at < end ? buffer[at] : 0;
        if (next === BYTE.COMMA) {
          at = this.skipSpace(at + 1);
          if (open[depth] === 1 && (at = this.#readKey(at)) < 0) return -1;
          break;
        }
        if (next !== (open[depth] === 1 ? BYTE.CLOSE_OBJECT : BYTE.CLOSE_ARRAY))
          return this.fail(SCAN_ERROR.SYNTAX, at);
        depth--;
        at++;
      }
    }
  }

  /** Reads the string whose opening quote stands at `at`, and sets `escaped`. */
  readString(at: number): number {
    const buffer = this.buffer;
    const end = this.end;
    this.escaped = false;
    this.veiled = false;
    if (at >= end || buffer[at] !== BYTE.QUOTE) return this.fail(SCAN_ERROR.SYNTAX, at);
    at = skipPlain(buffer, this.view, at + 1, end);
    if (at < end && buffer[at] === BYTE.QUOTE) return at + 1;
    return this.#finishString(at);
  }

  /** Reads a number or a literal. */
  readScalar(at: number): number {
    const first = at < this.end ? this.buffer[at] : 0;
    if (first === BYTE.MINUS || isDigit(first)) return this.#readNumber(at);
    const literal = LITERAL.get(first);
    if (literal === undefined) return this.fail(SCAN_ERROR.SYNTAX, at);
    for (let index = 1; index < literal.length; index++) {
      if (at + index >= this.end || this.buffer[at + index] !== literal[index])
        return this.fail(SCAN_ERROR.SYNTAX, at + index);
    }
    return at + literal.length;
  }

  /** The offset of the first byte of the value behind the colon that is due at `at`, or -1. */
  readColon(at: number): number {
    if (at < this.end && this.buffer[at] <= BYTE.SPACE) at = this.skipSpace(at);
    if (at >= this.end || this.buffer[at] !== BYTE.COLON) return this.fail(SCAN_ERROR.SYNTAX, at);
    at++;
    return at < this.end && this.buffer[at] <= BYTE.SPACE ? this.skipSpace(at) : at;
  }

  /** The offset of the first byte from `at` on that is no white space. */
  skipSpace(at: number): number {
    const buffer = this.buffer;
    while (at < this.end) {
      const byte = buffer[at];
      if (byte > BYTE.SPACE) break;
      if (byte !== BYTE.SPACE && byte !== BYTE.TAB && byte !== BYTE.CR && !(byte === BYTE.LF && this.lineFeeds)) break;
      at++;
    }
    return at;
  }

  /** Raises the watches for the key in `buffer[start, end)`, quotes left out, whose value begins at `value`. */
  watchKey(start: number, end: number, value: number): void {
    if (this.escaped) this.raised |= this.veiled ? this.active : this.active & this.watches.obscure;
    else {
      const matched = this.watches.match(this.buffer, start, end, this.active);
      if (matched !== 0) this.raised |= this.watches.accept(this.buffer, value, this.end, matched);
    }
  }

  fail(error: number, at: number): -1 {
    this.error = error;
    this.errorAt = at;
    return -1;
  }

  /** Reads a key and its colon; returns the offset of the value's first byte. */
  #readKey(at: number): number {
    const behind = this.readString(at);
    if (behind < 0) return -1;
    const value = this.readColon(behind);
    if (value >= 0 && this.active !== 0) this.watchKey(at + 1, behind - 1, value);
    return value;
  }

  /** Reads the rest of a string from a byte on that does not stand for itself. */
  #finishString(at: number): number {
    const buffer = this.buffer;
    const end = this.end;
    for (;;) {
      at = skipPlain(buffer, this.view, at, end);
      const byte = at < end ? buffer[at] : 0;
      if (byte === BYTE.QUOTE) return at + 1;
      if (byte === BYTE.BACKSLASH) {
        this.escaped = true;
        if ((at = this.#readEscape(at + 1)) < 0) return -1;
      } else if (byte >= 0x80) {
        const behind = readSequence(buffer, at, end);
        if (behind < 0) return this.fail(SCAN_ERROR.UTF8, -1 - behind);
        at = behind;
      } else return this.fail(SCAN_ERROR.SYNTAX, at);
    }
  }

  #readEscape(at: number): number {
    const buffer = this.buffer;
    if (at >= this.end) return this.fail(SCAN_ERROR.SYNTAX, at);
    if (ESCAPE[buffer[at]] === 1) {
      if (buffer[at] === BYTE.SLASH) this.veiled = true;
      return at + 1;
    }
    this.veiled = true;
    if (buffer[at] !== BYTE.LOWER_U) return this.fail(SCAN_ERROR.SYNTAX, at);
    for (const last = at + 4; at < last; ) {
      at++;
      if (at >= this.end || !isHexDigit(buffer[at])) return this.fail(SCAN_ERROR.SYNTAX, at);
    }
    return at + 1;
  }

  #readNumber(at: number): number {
    const buffer = this.buffer;
    const end = this.end;
    if (buffer[at] === BYTE.MINUS) at++;
    if (at < end && buffer[at] === BYTE.ZERO) at++;
    else if ((at = this.#readDigits(at)) < 0) return -1;
    if (at < end && buffer[at] === BYTE.DOT && (at = this.#readDigits(at + 1)) < 0) return -1;
    if (at < end && (buffer[at] | 0x20) === BYTE.LOWER_E) {
      at++;
      if (at < end && (buffer[at] === BYTE.PLUS || buffer[at] === BYTE.MINUS)) at++;
      if ((at = this.#readDigits(at)) < 0) return -1;
    }
    return at;
  }

  /** Reads one digit or more. */
  #readDigits(at: number): number {
    const buffer = this.buffer;
    const end = this.end;
    if (at >= end || !isDigit(buffer[at])) return this.fail(SCAN_ERROR.SYNTAX, at);
    do at++;
    while (at < end && isDigit(buffer[at]));
    return at;
  }
}
