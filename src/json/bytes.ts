/** The bytes that JSON's grammar is written in. */
export const BYTE = {
  TAB: 0x09,
  LF: 0x0a,
  CR: 0x0d,
  SPACE: 0x20,
  QUOTE: 0x22,
  PLUS: 0x2b,
  COMMA: 0x2c,
  MINUS: 0x2d,
  DOT: 0x2e,
  ZERO: 0x30,
  NINE: 0x39,
  COLON: 0x3a,
  UPPER_E: 0x45,
  OPEN_ARRAY: 0x5b,
  SLASH: 0x2f,
  BACKSLASH: 0x5c,
  CLOSE_ARRAY: 0x5d,
  LOWER_E: 0x65,
  LOWER_U: 0x75,
  OPEN_OBJECT: 0x7b,
  CLOSE_OBJECT: 0x7d,
} as const;

/** True for the four bytes that JSON counts as white space. */
export function isSpace(byte: number): boolean {
  return byte <= BYTE.SPACE && (byte === BYTE.SPACE || byte === BYTE.LF || byte === BYTE.CR || byte === BYTE.TAB);
}

/** True for `0` to `9`. */
export function isDigit(byte: number): boolean {
  return byte >= BYTE.ZERO && byte <= BYTE.NINE;
}

/** True for the digits of `\u00e9` and `\u00E9`. */
export function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

/** 1 for each byte that stands for itself in a string: no quote, no backslash, no control, no part of a UTF-8 sequence. */
export const PLAIN: Uint8Array = tableOf((byte) => byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c);

/** 1 for each byte that may follow a backslash by itself: all but `u`, which four digits follow. */
export const ESCAPE: Uint8Array = tableOf((byte) => '"\\/bfnrt'.includes(String.fromCharCode(byte)));

/** What the literals of JSON begin with, and their bytes. */
export const LITERAL: ReadonlyMap<number, Uint8Array> = new Map(
  ["true", "false", "null"].map((word) => [word.charCodeAt(0), Uint8Array.from(Buffer.from(word))]),
);

function tableOf(holds: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (holds(byte) ? 1 : 0));
}
