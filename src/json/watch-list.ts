import { BYTE } from "./bytes.ts";
import { isObscure, MAX_WATCHES, type Noted, type Watch } from "./layout.ts";

interface CompiledWatch {
  readonly bit: number;
  readonly key: Uint8Array;
  readonly values: readonly Uint8Array[] | undefined;
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

  /** The bits among `matched` whose watch accepts the value that begins at `start`. A string with escapes is accepted unseen. */
  accept(buffer: Uint8Array, start: number, end: number, matched: number): number {
    let accepted = matched;
    for (const { bit, values } of this.#watches) {
      if ((matched & bit) !== 0 && values !== undefined && !holdsOne(buffer, start, end, values)) accepted &= ~bit;
    }
    return accepted;
  }

  #add(watches: readonly Watch[], firstBit: number): void {
    if (watches.length > MAX_WATCHES)
      throw new RangeError(`${watches.length} watches, at most ${MAX_WATCHES} fit a row`);
    watches.forEach(({ key, values }, index) => {
      const bit = 1 << (firstBit + index);
      if (isObscure(key)) this.obscure |= bit;
      const bytes = Buffer.from(key);
      // UTF-8 cannot write a lone surrogate: only escapes can, and those raise the flag unseen.
      const written = values?.filter((value) => value.isWellFormed());
      this.#watches.push({
        bit,
        key: bytes,
        values: values?.length ? written?.map((value) => Buffer.from(value)) : undefined,
      });
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

function holdsOne(buffer: Uint8Array, start: number, end: number, values: readonly Uint8Array[]): boolean {
  if (buffer[start] !== BYTE.QUOTE) return false;
  let close = start + 1;
  while (close < end && buffer[close] !== BYTE.QUOTE) {
    if (buffer[close] === BYTE.BACKSLASH) return true;
    close++;
  }
  return values.some((value) => matchesBytes(buffer, start + 1, close, value));
}
