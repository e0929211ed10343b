import { BYTE, ESCAPE, isDigit, isHexDigit, isSpace, LITERAL } from "./bytes.ts";
import { InvalidBody } from "./invalid-body.ts";
import { skipPlain, viewOf } from "./plain-run.ts";
import { MAX_DEPTH, SCAN_ERROR } from "./scanner.ts";
import { highestSecond, lowestSecond, sequenceLength } from "./utf8.ts";

/** Hears where the records of a body lie; the offsets count from the start of the present chunk. */
export interface RecordListener {
  begin(at: number): void;
  /** A line end between two tokens of the record. */
  lineEnd(): void;
  /** `behind` is the offset behind the record; 0 where it ended with the chunk before. */
  end(behind: number): void;
}

/** What the next byte has to be. */
const STATE = {
  /** A byte order mark, or what `BETWEEN` allows. */
  START: 0,
  /** White space or a value. */
  BETWEEN: 1,
  /** White space: a value of the body has just ended. */
  BEHIND: 2,
  VALUE: 3,
  FIRST_ELEMENT: 4,
  FIRST_KEY: 5,
  KEY: 6,
  COLON: 7,
  /** A comma or the end of the container. */
  COMMA: 8,
  STRING: 9,
  ESCAPE: 10,
  HEX: 11,
  SEQUENCE: 12,
  LITERAL: 13,
  MINUS: 14,
  ZERO: 15,
  INTEGER: 16,
  POINT: 17,
  FRACTION: 18,
  EXPONENT_SIGN: 19,
  EXPONENT_START: 20,
  EXPONENT: 21,
} as const;

const MARK = [0xef, 0xbb, 0xbf];

/**
 * Checks a body that comes in pieces, in constant memory: JSON values parted by white space, behind a
 * byte order mark or none. The records are its values, or the elements of a value that is an array.
 * Fails at the same byte, and for the same reason, as a scan over the whole body would.
 */
export class BodyGrammar {
  readonly #listener: RecordListener;
  #state: number = STATE.START;
  #chunk: Uint8Array = new Uint8Array(0);
  #view = viewOf(this.#chunk);
  /** Bytes of the body before the present chunk. */
  #before = 0;
  /** Bytes seen of the mark or the literal, or bytes missing of the escape or the sequence. */
  #progress = 0;
  #literal = this.#chunk;
  #isKey = false;
  /** Between which the next byte of the sequence must lie. */
  #lowest = 0;
  #highest = 0;
  #depth = 0;
  /** 1 while the elements of an array at the top are the records, else 0. */
  #recordDepth = 0;
  /** For each open container: 1 for an object, 0 for an array. */
  readonly #open = new Uint8Array(MAX_DEPTH + 1);
  #failure: InvalidBody | undefined;

  constructor(listener: RecordListener) {
    this.#listener = listener;
  }

  /** Reads on. Throws {@link InvalidBody} once the body is known to be no JSON, and ever after. */
  read(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#chunk = chunk;
    this.#view = viewOf(chunk);
    for (let at = 0; at < chunk.length; ) {
      if (this.#state === STATE.STRING) at = this.#string(at);
      else if (this.#state >= STATE.MINUS) at = this.#number(chunk[at], at);
      else if (this.#state >= STATE.ESCAPE) at = this.#withinToken(chunk[at], at);
      else at = this.#token(chunk[at], at);
    }
    this.#before += chunk.length;
  }

  /** Ends the body. Throws {@link InvalidBody} where a value is unfinished. */
  finish(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const state = this.#state;
    if (state === STATE.START && this.#progress > 0) this.#fail(SCAN_ERROR.SYNTAX, -this.#before);
    if (isWhole(state) && this.#depth === 0) this.#endValue(0);
    else if (state > STATE.BEHIND) this.#fail(SCAN_ERROR.UNFINISHED, 0);
  }

  #token(byte: number, at: number): number {
    const state = this.#state;
    if (state === STATE.START) return this.#mark(byte, at);
    if (isSpace(byte)) {
      if (state === STATE.BEHIND) this.#state = STATE.BETWEEN;
      else if (this.#depth > this.#recordDepth && (byte === BYTE.LF || byte === BYTE.CR)) this.#listener.lineEnd();
      return at + 1;
    }
    if (state === STATE.COMMA || ((state === STATE.FIRST_KEY || state === STATE.FIRST_ELEMENT) && isClose(byte))) {
      this.#goOn(byte, at);
    } else if (state === STATE.KEY || state === STATE.FIRST_KEY) {
      if (byte !== BYTE.QUOTE) this.#fail(SCAN_ERROR.SYNTAX, at);
      this.#isKey = true;
      this.#state = STATE.STRING;
    } else if (state === STATE.COLON) {
      if (byte !== BYTE.COLON) this.#fail(SCAN_ERROR.SYNTAX, at);
      this.#state = STATE.VALUE;
    } else if (state === STATE.BEHIND) this.#fail(SCAN_ERROR.SYNTAX, at);
    else this.#beginValue(byte, at);
    return at + 1;
  }

  #mark(byte: number, at: number): number {
    if (byte === MARK[this.#progress]) {
      if (++this.#progress === MARK.length) this.#state = STATE.BETWEEN;
      return at + 1;
    }
    if (this.#progress > 0) this.#fail(SCAN_ERROR.SYNTAX, -this.#before);
    this.#state = STATE.BETWEEN;
    return at;
  }

  #beginValue(byte: number, at: number): void {
    const unwraps = byte === BYTE.OPEN_ARRAY && this.#depth === 0;
    if (this.#depth === this.#recordDepth && !unwraps) this.#listener.begin(at);
    if (byte === BYTE.QUOTE) {
      this.#isKey = false;
      this.#state = STATE.STRING;
    } else if (byte === BYTE.OPEN_OBJECT || byte === BYTE.OPEN_ARRAY) {
      if (this.#depth === MAX_DEPTH) this.#fail(SCAN_ERROR.DEPTH, at);
      const isObject = byte === BYTE.OPEN_OBJECT;
      this.#open[++this.#depth] = isObject ? 1 : 0;
      if (unwraps) this.#recordDepth = 1;
      this.#state = isObject ? STATE.FIRST_KEY : STATE.FIRST_ELEMENT;
    } else if (byte === BYTE.MINUS) this.#state = STATE.MINUS;
    else if (isDigit(byte)) this.#state = byte === BYTE.ZERO ? STATE.ZERO : STATE.INTEGER;
    else {
      const literal = LITERAL.get(byte);
      if (literal === undefined) this.#fail(SCAN_ERROR.SYNTAX, at);
      this.#literal = literal;
      this.#progress = 1;
      this.#state = STATE.LITERAL;
    }
  }

  /** Goes on behind a value in a container, or ends an empty one. */
  #goOn(byte: number, at: number): void {
    const inObject = this.#open[this.#depth] === 1;
    if (byte === BYTE.COMMA) this.#state = inObject ? STATE.KEY : STATE.VALUE;
    else if (byte !== (inObject ? BYTE.CLOSE_OBJECT : BYTE.CLOSE_ARRAY)) this.#fail(SCAN_ERROR.SYNTAX, at);
    else if (--this.#depth < this.#recordDepth) {
      this.#recordDepth = 0;
      this.#state = STATE.BEHIND;
    } else this.#endValue(at + 1);
  }

  #endValue(behind: number): void {
    if (this.#depth === this.#recordDepth) this.#listener.end(behind);
    this.#state = this.#depth === 0 ? STATE.BEHIND : STATE.COMMA;
  }

  #string(at: number): number {
    const chunk = this.#chunk;
    at = skipPlain(chunk, this.#view, at, chunk.length);
    if (at === chunk.length) return at;
    const byte = chunk[at];
    if (byte === BYTE.QUOTE) {
      if (this.#isKey) this.#state = STATE.COLON;
      else this.#endValue(at + 1);
    } else if (byte === BYTE.BACKSLASH) this.#state = STATE.ESCAPE;
    else if (byte < 0x80) this.#fail(SCAN_ERROR.SYNTAX, at);
    else {
      this.#progress = sequenceLength(byte) - 1;
      if (this.#progress < 0) this.#fail(SCAN_ERROR.UTF8, at);
      this.#lowest = lowestSecond(byte);
      this.#highest = highestSecond(byte);
      this.#state = STATE.SEQUENCE;
    }
    return at + 1;
  }

  /** Reads a byte of an escape, of a UTF-8 sequence or of a literal. */
  #withinToken(byte: number, at: number): number {
    const state = this.#state;
    if (state === STATE.LITERAL) {
      if (byte !== this.#literal[this.#progress]) this.#fail(SCAN_ERROR.SYNTAX, at);
      if (++this.#progress === this.#literal.length) this.#endValue(at + 1);
    } else if (state === STATE.ESCAPE) {
      if (ESCAPE[byte] !== 1 && byte !== BYTE.LOWER_U) this.#fail(SCAN_ERROR.SYNTAX, at);
      this.#state = byte === BYTE.LOWER_U ? STATE.HEX : STATE.STRING;
      this.#progress = 4;
    } else {
      if (state === STATE.HEX && !isHexDigit(byte)) this.#fail(SCAN_ERROR.SYNTAX, at);
      if (state === STATE.SEQUENCE && (byte < this.#lowest || byte > this.#highest)) this.#fail(SCAN_ERROR.UTF8, at);
      this.#lowest = 0x80;
      this.#highest = 0xbf;
      if (--this.#progress === 0) this.#state = STATE.STRING;
    }
    return at + 1;
  }

  #number(byte: number, at: number): number {
    const state = this.#state;
    if (isDigit(byte) && state !== STATE.ZERO) this.#state = afterDigit(state, byte);
    else if (byte === BYTE.DOT && (state === STATE.ZERO || state === STATE.INTEGER)) this.#state = STATE.POINT;
    else if (
      (byte | 0x20) === BYTE.LOWER_E &&
      (state === STATE.ZERO || state === STATE.INTEGER || state === STATE.FRACTION)
    ) {
      this.#state = STATE.EXPONENT_SIGN;
    } else if ((byte === BYTE.PLUS || byte === BYTE.MINUS) && state === STATE.EXPONENT_SIGN) {
      this.#state = STATE.EXPONENT_START;
    } else {
      if (!isWhole(state)) this.#fail(SCAN_ERROR.SYNTAX, at);
      this.#endValue(at);
      return at;
    }
    return at + 1;
  }

  #fail(code: number, at: number): never {
    this.#failure = new InvalidBody(code, this.#before + at);
    throw this.#failure;
  }
}

function isClose(byte: number): boolean {
  return byte === BYTE.CLOSE_OBJECT || byte === BYTE.CLOSE_ARRAY;
}

/** Whether a number may end here. */
function isWhole(state: number): boolean {
  return state === STATE.ZERO || state === STATE.INTEGER || state === STATE.FRACTION || state === STATE.EXPONENT;
}

function afterDigit(state: number, digit: number): number {
  if (state === STATE.MINUS) return digit === BYTE.ZERO ? STATE.ZERO : STATE.INTEGER;
  if (state === STATE.POINT || state === STATE.FRACTION) return STATE.FRACTION;
  return state === STATE.INTEGER ? STATE.INTEGER : STATE.EXPONENT;
}
