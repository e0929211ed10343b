import { decodeString } from "../json/walk.ts";
import { wordsOf } from "./words.ts";

const SLOTS = 1 << 15;
const LONGEST = 128;
const WORD = 4;
const TWO_WORDS = 8;
const QUOTE = 0x22;

/** Places that a text may have, beside each other: of a few thousand texts, some always meet in one. */
const WAYS = 4;

const texts: (string | undefined)[] = new Array(SLOTS);
const hashes = new Int32Array(SLOTS);
const lengths = new Uint8Array(SLOTS);
const kept = Buffer.allocUnsafeSlow(SLOTS * LONGEST);
const keptWords = new DataView(kept.buffer);
/** Texts put into the table so far: whose turn it is to go. */
let replaced = 0;

/**
 * The text of the JSON value in `buffer[start, end)`, which has to be valid: a string is decoded, all else stays as it is
 * written. Short texts that come again, as users, verbs and codes do, are one string: found by a hash of their bytes,
 * without decoding them again. A fixed table of 32,768 texts, each of which later ones replace: bounded, whatever the
 * input.
 */
export function internText(buffer: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length < WORD || length > LONGEST) return decode(buffer, start, end);
  const words = wordsOf(buffer);
  const hash = hashOf(words, start, length);
  const first = (hash & (SLOTS / WAYS - 1)) * WAYS;
  for (let slot = first; slot < first + WAYS; slot++) {
    if (hashes[slot] !== hash || lengths[slot] !== length) continue;
    if (isKept(words, start, length, slot * LONGEST)) return texts[slot] as string;
  }
  const slot = first + (replaced++ & (WAYS - 1));
  const decoded = decode(buffer, start, end);
  texts[slot] = decoded;
  hashes[slot] = hash;
  lengths[slot] = length;
  buffer.copy(kept, slot * LONGEST, start, end);
  return decoded;
}

/**
 * All bytes count, as usernames often differ in one. Two words a step, the second multiplied beside the first: the chain
 * of multiplications is what takes the time. The last words overlap those before where the length is no multiple of them.
 */
function hashOf(words: DataView, from: number, length: number): number {
  const last = from + length - WORD;
  let hash = Math.imul(words.getInt32(last, true) ^ length, 0x01000193);
  for (let at = from; at < last; at += TWO_WORDS) {
    const second = Math.imul(words.getInt32(Math.min(at + WORD, last), true), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ words.getInt32(at, true), 0x01000193) ^ second ^ (second >>> 13);
  }
  return hash ^ (hash >>> 15);
}

/**
 * Compares eight bytes at a time, as doubles. In valid JSON two different stretches of eight bytes are never equal
 * as doubles, as zero alone has two forms and both need the byte 0; nor is one unequal to itself, as the bytes of a NaN
 * (in this order the last is 0x7f or 0xff, the one before 0xf0 at least) are no UTF-8.
 */
function isKept(words: DataView, from: number, length: number, home: number): boolean {
  if (length < TWO_WORDS) {
    const last = length - WORD;
    return (
      words.getInt32(from, true) === keptWords.getInt32(home, true) &&
      words.getInt32(from + last, true) === keptWords.getInt32(home + last, true)
    );
  }
  const last = length - TWO_WORDS;
  if (words.getFloat64(from + last, true) !== keptWords.getFloat64(home + last, true)) return false;
  for (let at = 0; at < last; at += TWO_WORDS) {
    if (words.getFloat64(from + at, true) !== keptWords.getFloat64(home + at, true)) return false;
  }
  return true;
}

function decode(buffer: Buffer, start: number, end: number): string {
  return buffer[start] === QUOTE ? decodeString(buffer, start, end) : buffer.toString("utf8", start, end);
}
