import type { AdditionList } from "./addition-list.ts";
import type { FileIntent } from "./intent.ts";

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

  /** Tells of the first `count` additions, in the order in which they will be written. */
  encode(base: string, device: number, additions: AdditionList, count: number): FileIntent {
    const { places, devices, inodes, befores, afters } = additions;
    let bytes = this.#bytes;
    let at = 0;
    for (let index = 0; index < count; index++) {
      const { path } = places[index];
      const most = at + MOST_OF_CHARACTER * path.length + MOST_BESIDE;
      if (most > bytes.length) bytes = this.#grow(most);
      at += bytes.write(path, at);
      bytes[at++] = SLASH;
      bytes[at++] = SLASH;
      at = writeNumber(bytes, at, inodes[index]);
      bytes[at++] = COMMA;
      at = writeNumber(bytes, at, befores[index]);
      bytes[at++] = COMMA;
      at = writeNumber(bytes, at, afters[index]);
      if (devices[index] !== device && inodes[index] !== 0) {
        bytes[at++] = COMMA;
        at = writeNumber(bytes, at, devices[index]);
      }
      bytes[at++] = SLASH;
      bytes[at++] = SLASH;
    }
    return { version: 1, base, device, files: bytes.toString("utf8", 0, at) };
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
