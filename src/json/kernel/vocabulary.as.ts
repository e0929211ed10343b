/**
 * Numbers for texts that come again, as users do. A place holds a part of a text's hash and its number; 0 is a free one. The
 * number says where the text lies, padded with zeros, which no string holds.
 */
const PLACES: usize = 0x900000;
const PLACE_COUNT: usize = 65536;
/** How many places a text is sought in, from the one that its hash says: those of some texts made to meet are soon taken. */
const WAYS: usize = 8;
const PLACES_END: usize = PLACES + 4 * PLACE_COUNT + 128;
/** Each has 128 bytes, which are two cache lines. There is no text of number 0. */
const TEXTS: usize = PLACES_END;
const TEXT_BITS: usize = 7;
/** `LONGEST_TEXT` and `MOST_TEXTS` of `vocabulary.ts`. */
const LONGEST: usize = 128;
const MOST: u32 = 16384;
/** Texts are taken in pieces of four chunks, without a branch: their lengths differ. */
const PIECE: usize = 64;

let count: u32 = 0;

/** Whether new texts get no numbers any more. */
export function isVocabularyFull(): bool {
  return count == MOST;
}

/** Begins anew with number 1. */
export function forgetVocabulary(): void {
  memory.fill(PLACES, 0, PLACES_END - PLACES);
  count = 0;
}

/**
 * The number of the string [start, end), its quotes included; 0 where it has none. It is compared with {@link WAYS} others
 * at most.
 */
export function numberOf(start: usize, end: usize): u32 {
  const length = end - start;
  if (length > LONGEST) return 0;
  let hash = hashOf(start, length);
  if (length > PIECE) hash ^= hashOf(start + PIECE, length - PIECE) * 0x9e3779b97f4a7c15;
  const tag = <u32>(hash >> 32) & 0xffff0000;
  let place = PLACES + ((<usize>(hash >> 32) & (PLACE_COUNT - 1)) << 2);
  for (const last = place + 4 * WAYS; place < last; place += 4) {
    const word = load<u32>(place);
    if (!word) return learn(place, tag, start, length);
    const number = word ^ tag;
    if (number <= MOST && isText(TEXTS + (<usize>number << TEXT_BITS), start, length)) return number;
  }
  return 0;
}

function learn(place: usize, tag: u32, start: usize, length: usize): u32 {
  if (count == MOST) return 0;
  count++;
  const text = TEXTS + (<usize>count << TEXT_BITS);
  memory.fill(text, 0, LONGEST);
  memory.copy(text, start, length);
  store<u32>(place, tag | count);
  return count;
}

function isText(text: usize, start: usize, length: usize): bool {
  if (!isPiece(text, start, length)) return false;
  return length <= PIECE ? load<u8>(text, PIECE) == 0 : isPiece(text + PIECE, start + PIECE, length - PIECE);
}

// @ts-ignore: decorator
@inline
function isPiece(text: usize, start: usize, length: usize): bool {
  const one = v128.xor(chunk(start, length, 0), v128.load(text));
  const two = v128.xor(chunk(start, length, 16), v128.load(text, 16));
  const three = v128.xor(chunk(start, length, 32), v128.load(text, 32));
  const four = v128.xor(chunk(start, length, 48), v128.load(text, 48));
  return !v128.any_true(v128.or(v128.or(one, two), v128.or(three, four)));
}

/** All bytes count, as names often differ in one. */
// @ts-ignore: decorator
@inline
function hashOf(start: usize, length: usize): u64 {
  const one = i32x4.mul(chunk(start, length, 0), i32x4.splat(0x9e3779b1));
  const two = i32x4.mul(chunk(start, length, 16), i32x4.splat(0x85ebca77));
  const three = i32x4.mul(chunk(start, length, 32), i32x4.splat(0xc2b2ae3d));
  const four = i32x4.mul(chunk(start, length, 48), i32x4.splat(0x27d4eb2f));
  const sum = i32x4.add(i32x4.add(one, two), i32x4.add(three, four));
  const mixed = v128.xor(sum, i32x4.shr_u(sum, 15));
  const product = i64x2.extract_lane(mixed, 0) * 0x9e3779b97f4a7c15 + i64x2.extract_lane(mixed, 1) * 0xc2b2ae3d27d4eb4f;
  return product ^ (product >> 29);
}

/** The sixteen bytes at `offset` of the string, those behind its end as zeros. */
// @ts-ignore: decorator
@inline
function chunk(start: usize, length: usize, offset: usize): v128 {
  const positions = i8x16.add(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>offset));
  // A length over 127 is that of two pieces: the first has all its bytes.
  return v128.and(v128.load(start + offset), i8x16.lt_s(positions, i8x16.splat(<i8>min(length, PIECE))));
}
