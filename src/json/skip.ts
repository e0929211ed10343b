import { BYTE, isSpace } from "./bytes.ts";

/*
 * Steps over JSON that a scan has passed: nothing here checks grammar or UTF-8. What becomes of bytes
 * that are no JSON is undefined, but no step recurses and none leaves the buffer.
 */

/** The offset of the first byte from `start` on that is no white space. */
export function skipSpace(buffer: Uint8Array, start: number): number {
  let at = start;
  while (at < buffer.length && isSpace(buffer[at])) at++;
  return at;
}

/** The offset behind the string whose opening quote stands at `start`. */
export function skipString(buffer: Uint8Array, start: number): number {
  const length = buffer.length;
  let at = start + 1;
  while (at < length) {
    const byte = buffer[at];
    if (byte === BYTE.QUOTE) return at + 1;
    at += byte === BYTE.BACKSLASH ? 2 : 1;
  }
  return length;
}

function skipContainer(buffer: Uint8Array, start: number): number {
  const length = buffer.length;
  let depth = 0;
  let at = start;
  while (at < length) {
    const byte = buffer[at];
    if (byte === BYTE.QUOTE) {
      at = skipString(buffer, at);
      continue;
    }
    at++;
    // [ and { differ in one bit, as do ] and }.
    const bracket = byte | 0x20;
    if (bracket === BYTE.OPEN_OBJECT) depth++;
    else if (bracket === BYTE.CLOSE_OBJECT && --depth === 0) return at;
  }
  return length;
}

function skipScalar(buffer: Uint8Array, start: number): number {
  const length = buffer.length;
  let at = start;
  while (at < length) {
    const byte = buffer[at];
    if (byte === BYTE.COMMA || (byte | 0x20) === BYTE.CLOSE_OBJECT || isSpace(byte)) break;
    at++;
  }
  return at;
}

/** The offset behind the value whose first byte stands at `start`. */
export function skipValue(buffer: Uint8Array, start: number): number {
  const first = buffer[start];
  if (first === BYTE.QUOTE) return skipString(buffer, start);
  if ((first | 0x20) === BYTE.OPEN_OBJECT) return skipContainer(buffer, start);
  return skipScalar(buffer, start);
}
