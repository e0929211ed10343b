import { decodeString } from "../json/walk.ts";
import { wordsOf } from "./words.ts";

const SLOTS = 1 << 15;
const LONGEST = 128;
const WORD = 4;
const QUOTE = 0x22;

const texts: (string | undefined)[] = new Array(SLOTS);
const lengths = new Uint8Array(SLOTS);
const kept = Buffer.allocUnsafeSlow(SLOTS * LONGEST);
const keptWords = new DataView(kept.buffer);

/**
 * The text of the JSON value in `buffer[start, end)`: a string is decoded, all else stays as it is written. Short texts
 * that come again, as users, verbs and codes do, are one string: found by a hash of their bytes, without decoding them
 * again. A fixed table of 32,768 texts, each of which its latest rival replaces: bounded, whatever the input.
 */
export function internText(buffer: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length < WORD || length > LONGEST) return decode(buffer, start, end);
  const words = wordsOf(buffer);
  const slot = slotOf(words, start, length);
  const home = slot * LONGEST;
  const text = texts[slot];
  if (text !== undefined && lengths[slot] === length && isKept(words, start, length, home)) return text;
  const decoded = decode(buffer, start, end);
  texts[slot] = decoded;
  lengths[slot] = length;
  buffer.copy(kept, home, start, end);
  return decoded;
}

/** The last word overlaps the one before where the length is no multiple of it. */
function slotOf(words: DataView, from: number, length: number): number {
  const last = from + length - WORD;
  let hash = Math.imul(words.getInt32(last) ^ length, 0x01000193);
  for (let at = from; at < last; at += WORD) hash = Math.imul(hash ^ (hash >>> 15) ^ words.getInt32(at), 0x01000193);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

function isKept(words: DataView, from: number, length: number, home: number): boolean {
  const last = length - WORD;
  if (words.getInt32(from + last) !== keptWords.getInt32(home + last)) return false;
  for (let at = 0; at < last; at += WORD) {
    if (words.getInt32(from + at) !== keptWords.getInt32(home + at)) return false;
  }
  return true;
}

function decode(buffer: Buffer, start: number, end: number): string {
  return buffer[start] === QUOTE ? decodeString(buffer, start, end) : buffer.toString("utf8", start, end);
}
