import { BYTE } from "./bytes.ts";

/** The same bytes as a Buffer, whose methods are Node's fast decoders. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The string that stands in `buffer[start, end)`, quotes included, as `JSON.parse` decodes it. The bytes must be valid. */
export function decodeString(buffer: Uint8Array, start: number, end: number): string {
  let seen = 0;
  for (let at = start + 1; at < end - 1; at++) {
    const byte = buffer[at];
    if (byte === BYTE.BACKSLASH) return JSON.parse(asBuffer(buffer).toString("utf8", start, end)) as string;
    seen |= byte;
  }
  return asBuffer(buffer).toString(seen < 0x80 ? "latin1" : "utf8", start + 1, end - 1);
}

/**
 * Whether the string in `buffer[start, end)`, quotes included, is `text` once decoded: `"us\u0065r"`
 * equals `user`. Makes no string unless it meets an escape or a byte that is no ASCII.
 */
export function stringEquals(buffer: Uint8Array, start: number, end: number, text: string): boolean {
  const length = end - start - 2;
  // Whatever way a UTF-16 unit is written, it takes one byte to six.
  if (length < text.length || length > 6 * text.length) return false;
  for (let index = 0; index < length; index++) {
    const byte = buffer[start + 1 + index];
    if (byte === BYTE.BACKSLASH || byte >= 0x80) return decodeString(buffer, start, end) === text;
    if (byte !== text.charCodeAt(index)) return false;
  }
  return length === text.length;
}
