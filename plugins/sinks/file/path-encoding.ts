import { createHash } from "node:crypto";

/** The most bytes that file systems take for one name. */
export const LONGEST_NAME = 255;

/** Stands for a field that is absent. No value is encoded like this: behind a `%` of theirs come two hexadecimal digits. */
export const MISSING = "%missing";

const EMPTY = "%empty";
/** Ends what was kept of a value that was too long; then its hash follows. No plain value holds it, as with {@link MISSING}. */
const CUT_MARK = "%~";
const HASH_DIGITS = 40;

/** The least room that {@link shorten} needs for its mark and something readable before it. */
export const LEAST_ROOM = HASH_DIGITS + CUT_MARK.length + 6;

/**
 * What never stands in a name as it is: controls, lone surrogates, `%`, `/` and `\`; what does not show or turns the
 * writing around (listed, and not by its Unicode class, so that a name is the same under every version of Unicode);
 * and a dot or blank that begins or ends a value, as `..`, hidden files and file systems that strip them come of it.
 */
const UNSAFE =
  /[\p{Cc}\p{Cs}%/\\\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|^[. ]|[. ]$/gu;

/**
 * A value as a part of a file's name: usual characters stay, unsafe ones become `%` and two digits for each byte of
 * UTF-8. No two values become the same, none becomes `.`, `..` or empty, and none holds a slash or a control.
 */
export function encodeValue(value: string): string {
  return value === "" ? EMPTY : value.replace(UNSAFE, escapeCharacter);
}

/** The same in at most `room` bytes, at least {@link LEAST_ROOM}: as much of its beginning as fits, and a hash of all of it. */
export function shorten(value: string, room: number): string {
  // Enough to fill the room, so that a value of millions of characters is not encoded as a whole.
  const encoded = encodeValue(value.slice(0, room + 1));
  if (Buffer.byteLength(encoded) <= room) return encoded;
  const kept = cut(encoded, room - CUT_MARK.length - HASH_DIGITS);
  // As UTF-16, since UTF-8 has no lone surrogates: they would all be one.
  const hash = createHash("sha256").update(value, "utf16le").digest("hex");
  return kept + CUT_MARK + hash.slice(0, HASH_DIGITS);
}

/** As many whole characters from the beginning as fit `room` bytes, no escape cut through. */
function cut(encoded: string, room: number): string {
  let length = 0;
  let end = 0;
  for (const [piece] of encoded.matchAll(/%..|./gsu)) {
    length += Buffer.byteLength(piece);
    if (length > room) break;
    end += piece.length;
  }
  return encoded.slice(0, end);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) as number;
  // A lone surrogate has no UTF-8. The bytes that its number would have are nobody else's.
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  const bytes = isSurrogate ? [0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)] : Buffer.from(character);
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
