import type { AdditionList } from "./addition-list.ts";

const FIRST_BYTES = 1 << 16;
const SLASH = 0x2f;
const COMMA = 0x2c;
const ZERO = 0x30;
/** What an addition takes at the most beside its path: four numbers, and what stands between. */
const MOST_BESIDE = 4 * 24;
const MOST_OF_CHARACTER = 3;
/** Of so many digits, a number can be taken apart as a small integer. */
const SMALL_DIGITS = 9;
const SMALL = 10 ** SMALL_DIGITS;

/** Puts additions into words, byte by byte in memory that it uses again: to join strings leaves the half of them as garbage. */
export class IntentText {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  /** Begins another text. */
  begin(): void {
    this.#length = 0;
  }

  /** Tells of an addition, in the order in which they will be written. */
  tell({ places, devices, inodes, befores, afters }: AdditionList, index: number, baseDevice: number): void {
    const { path } = places[index];
    const inode = inodes[index];
    const most = this.#length + MOST_OF_CHARACTER * path.length + MOST_BESIDE;
    const bytes = most > this.#bytes.length ? this.#grow(most) : this.#bytes;
    let at = this.#length + bytes.write(path, this.#length);
    bytes[at++] = SLASH;
    bytes[at++] = SLASH;
    at = writeNumber(bytes, at, inode);
    bytes[at++] = COMMA;
    at = writeNumber(bytes, at, befores[index]);
    bytes[at++] = COMMA;
    at = writeNumber(bytes, at, afters[index]);
    if (devices[index] !== baseDevice && inode !== 0) {
      bytes[at++] = COMMA;
      at = writeNumber(bytes, at, devices[index]);
    }
    bytes[at++] = SLASH;
    bytes[at++] = SLASH;
    this.#length = at;
  }

  /** All that was told: {@link FileIntent.files}. */
  toString(): string {
    return this.#bytes.toString("utf8", 0, this.#length);
  }

  #grow(least: number): Buffer<ArrayBuffer> {
    const grown = Buffer.allocUnsafeSlow(2 * least);
    grown.set(this.#bytes);
    this.#bytes = grown;
    return grown;
  }
}

/** Writes a whole number from 0 on; gives where it ends. */
function writeNumber(bytes: Buffer, at: number, value: number): number {
  if (value > Number.MAX_SAFE_INTEGER) return at + bytes.write(String(value), at);
  if (value >= SMALL) {
    const high = Math.floor(value / SMALL);
    return writeDigits(bytes, writeNumber(bytes, at, high), value - high * SMALL, SMALL_DIGITS);
  }
  let count = 1;
  for (let power = 10; value >= power; power *= 10) count++;
  return writeDigits(bytes, at, value, count);
}

function writeDigits(bytes: Buffer, at: number, value: number, count: number): number {
  const end = at + count;
  let rest = value | 0;
  for (let place = end - 1; place >= at; place--) {
    const next = (rest / 10) | 0;
    bytes[place] = ZERO + rest - 10 * next;
    rest = next;
  }
  return end;
}
