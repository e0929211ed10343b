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

const FACTORS: usize = memory.data<u32>([0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f]);
/** As many bytes of ones as a piece has, and as many zeros: from where n ones are left on, they are the mask of n bytes. */
const MASKS: usize = memory.data<u64>([-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0]);

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
  const first = min(length, PIECE);
  const one = chunk(start, first, 0);
  const two = chunk(start, first, 16);
  const three = chunk(start, first, 32);
  const four = chunk(start, first, 48);
  let hash = hashOf(one, two, three, four);
  if (length > PIECE) hash ^= hashOfRest(start + PIECE, length - PIECE);
  const tag = <u32>(hash >> 32) & 0xffff0000;
  let place = PLACES + ((<usize>(hash >> 32) & (PLACE_COUNT - 1)) << 2);
  for (const last = place + 4 * WAYS; place < last; place += 4) {
    const word = load<u32>(place);
    if (!word) return learn(place, tag, start, length);
    const number = word ^ tag;
    if (number > MOST) continue;
    const text = TEXTS + (<usize>number << TEXT_BITS);
    if (!isPiece(text, one, two, three, four)) continue;
    if (length > PIECE ? isRest(text + PIECE, start + PIECE, length - PIECE) : !load<u8>(text, PIECE)) return number;
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

function isRest(text: usize, start: usize, length: usize): bool {
  const one = chunk(start, length, 0);
  return isPiece(text, one, chunk(start, length, 16), chunk(start, length, 32), chunk(start, length, 48));
}

// @ts-ignore: decorator
@inline
function isPiece(text: usize, one: v128, two: v128, three: v128, four: v128): bool {
  const front = v128.or(v128.xor(one, v128.load(text)), v128.xor(two, v128.load(text, 16)));
  const back = v128.or(v128.xor(three, v128.load(text, 32)), v128.xor(four, v128.load(text, 48)));
  return !v128.any_true(v128.or(front, back));
}

function hashOfRest(start: usize, length: usize): u64 {
  const one = chunk(start, length, 0);
  return 31 * hashOf(one, chunk(start, length, 16), chunk(start, length, 32), chunk(start, length, 48));
}

/** All bytes count, as names often differ in one. */
// @ts-ignore: decorator
@inline
function hashOf(one: v128, two: v128, three: v128, four: v128): u64 {
  const front = i32x4.add(i32x4.mul(one, factor(0)), i32x4.mul(two, factor(1)));
  const back = i32x4.add(i32x4.mul(three, factor(2)), i32x4.mul(four, factor(3)));
  const sum = i32x4.add(front, back);
  const mixed = v128.xor(sum, i32x4.shr_u(sum, 15));
  const product = i64x2.extract_lane(mixed, 0) * 0x9e3779b97f4a7c15 + i64x2.extract_lane(mixed, 1) * 0xc2b2ae3d27d4eb4f;
  return product ^ (product >> 29);
}

// @ts-ignore: decorator
@inline
function factor(index: usize): v128 {
  return v128.load_splat<u32>(FACTORS + 4 * index);
}

/** The sixteen bytes at `offset` of the string of `length` bytes, 64 at most; those behind its end as zeros. */
// @ts-ignore: decorator
@inline
function chunk(start: usize, length: usize, offset: usize): v128 {
  return v128.and(v128.load(start + offset), v128.load(MASKS + PIECE - length + offset));
}
