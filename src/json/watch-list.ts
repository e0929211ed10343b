import { BYTE } from "./bytes.ts";
import { asBuffer } from "./decode-string.ts";
import { isContainable, isObscure, MAX_WATCHES, mayHide, type Noted, type Watch } from "./layout.ts";

/** Bytes that are in no UTF-8. */
const NOTHING_WRITTEN = Uint8Array.of(0xff);

interface CompiledWatch {
  readonly bit: number;
  readonly key: Uint8Array;
  readonly values: readonly Uint8Array[];
  readonly texts: readonly string[];
  /** Neither values nor texts were asked for. */
  readonly acceptsAny: boolean;
}

/**
 * The watches of a layout as bits of one integer: the record's from bit 0 on, its elements' from bit
 * {@link MAX_WATCHES} on, so that both can be active over the same bytes.
 */
export class WatchList {
  readonly #watches: CompiledWatch[] = [];
  /** For each length of a key (longer ones share the last place) the bits of the watches that it may concern. */
  readonly #byLength = new Int32Array(256);
  /** The bits of those whose keys are written with escapes. */
  obscure = 0;

  constructor(record: Noted, elements: Noted | undefined) {
    this.#add(record.watches ?? [], 0);
    this.#add(elements?.watches ?? [], MAX_WATCHES);
  }

  /** The bits among `active` of the watches for the key in `buffer[start, end)`, which has no escapes. */
  match(buffer: Uint8Array, start: number, end: number, active: number): number {
    let candidates = this.#byLength[Math.min(end - start, 255)] & active;
    if (candidates === 0) return 0;
    for (const { bit, key } of this.#watches) {
      if ((candidates & bit) !== 0 && !matchesBytes(buffer, start, end, key)) candidates &= ~bit;
    }
    return candidates;
  }

  /** The bits among `matched` whose watch accepts the value that begins at `start`. It need not be checked yet. */
  accept(buffer: Uint8Array, start: number, end: number, matched: number): number {
    let accepted = matched;
    const isString = start < end && buffer[start] === BYTE.QUOTE;
    let written: string | undefined;
    for (const { bit, values, texts, acceptsAny } of this.#watches) {
      if ((matched & bit) === 0 || acceptsAny) continue;
      if (isString && values.length > 0 && holdsOne(buffer, start, end, values)) continue;
      if (isString && texts.length > 0) {
        written ??= asBuffer(buffer).toString("latin1", start + 1, closingQuote(buffer, start, end));
        if (contains(written, texts)) continue;
      }
      accepted &= ~bit;
    }
    return accepted;
  }

  #add(watches: readonly Watch[], firstBit: number): void {
    if (watches.length > MAX_WATCHES)
      throw new RangeError(`${watches.length} watches, at most ${MAX_WATCHES} fit a row`);
    watches.forEach(({ key, values = [], containing = [] }, index) => {
      const bit = 1 << (firstBit + index);
      if (isObscure(key)) this.obscure |= bit;
      const bytes = Buffer.from(key);
      const odd = containing.find((text) => !isContainable(text));
      if (odd !== undefined) throw new RangeError(`a watch looks for ASCII letters and digits, not for "${odd}"`);
      // UTF-8 cannot write a lone surrogate: only escapes can, and those raise the flag unseen.
      const written = values.map((value) => (value.isWellFormed() ? Buffer.from(value) : NOTHING_WRITTEN));
      const acceptsAny = values.length === 0 && containing.length === 0;
      this.#watches.push({ bit, key: bytes, values: written, texts: containing, acceptsAny });
      if (key.isWellFormed()) this.#byLength[Math.min(bytes.length, 255)] |= bit;
    });
  }
}

/** Whether `buffer[start, end)` holds exactly these bytes. */
export function matchesBytes(buffer: Uint8Array, start: number, end: number, bytes: Uint8Array): boolean {
  if (end - start !== bytes.length) return false;
  for (let index = 0; index < bytes.length; index++) {
    if (buffer[start + index] !== bytes[index]) return false;
  }
  return true;
}

/** Whether one of the strings stands at `start`. A string with escapes is accepted unseen. */
function holdsOne(buffer: Uint8Array, start: number, end: number, values: readonly Uint8Array[]): boolean {
  let close = start + 1;
  while (close < end && buffer[close] !== BYTE.QUOTE) {
    if (buffer[close] === BYTE.BACKSLASH) return true;
    close++;
  }
  return values.some((value) => matchesBytes(buffer, start + 1, close, value));
}

function contains(written: string, texts: readonly string[]): boolean {
  return texts.some((text) => written.includes(text)) || mayHide(written);
}

/** Where the string that begins at `start` closes; `end` where it does not. */
function closingQuote(buffer: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end && buffer[at] !== BYTE.QUOTE) at += buffer[at] === BYTE.BACKSLASH ? 2 : 1;
  return Math.min(at, end);
}
