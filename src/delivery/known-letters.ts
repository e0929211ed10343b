import { type Piece, REFUSED_PARTITION } from "./dead-letter.ts";

interface Range {
  readonly start: number;
  end: number;
}

const LF = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The letters that were written behind a checkpoint: what is read again from there is not kept twice. An event's letter is
 * known by its place, once for each time that it was written. What a source could not read is known by its bytes' range, as
 * lines that follow each other are kept together, and may be parted otherwise when they are read again.
 */
export class KnownLetters {
  readonly #events = new Map<string, number>();
  readonly #ranges = new Map<string, Range[]>();

  get isEmpty(): boolean {
    return this.#events.size === 0 && this.#ranges.size === 0;
  }

  /** Letters are to be added in the order in which they were written. */
  add(letter: Piece): void {
    if (letter.partition === REFUSED_PARTITION) return;
    if (!isOfSource(letter)) {
      const key = keyOf(letter);
      this.#events.set(key, (this.#events.get(key) ?? 0) + 1);
      return;
    }
    const { offset, byteLength = 0 } = letter;
    const ranges = this.#ranges.get(partitionOf(letter)) ?? [];
    const last = ranges.at(-1);
    // Nothing but a line end stands between them.
    if (last && last.start <= offset && offset <= last.end + 2) last.end = Math.max(last.end, offset + byteLength);
    else ranges.push({ start: offset, end: offset + byteLength });
    this.#ranges.set(partitionOf(letter), ranges);
  }

  /** What of a letter is not known; undefined where all of it is. */
  strip(letter: Piece): Piece | undefined {
    if (this.isEmpty || letter.partition === REFUSED_PARTITION) return letter;
    if (isOfSource(letter)) return this.#stripRange(letter);
    const key = keyOf(letter);
    const count = this.#events.get(key) ?? 0;
    if (count === 0) return letter;
    if (count === 1) this.#events.delete(key);
    else this.#events.set(key, count - 1);
    return undefined;
  }

  #stripRange(letter: Piece): Piece | undefined {
    const ranges = this.#ranges.get(partitionOf(letter));
    if (!ranges) return letter;
    const { offset, bytes, byteLength = bytes?.length ?? 0 } = letter;
    const end = offset + byteLength;
    let start = offset;
    for (;;) {
      while (start > offset && bytes && isLineEnd(bytes[start - offset])) start++;
      const known = ranges.find((range) => range.start <= start && start < range.end);
      if (!known) break;
      start = known.end;
    }
    if (start >= end) return undefined;
    // Known in part, and without its bytes: its place is told once more rather than never.
    if (start === offset || !bytes) return letter;
    const rest = bytes.subarray(start - offset);
    return { ...letter, reason: "lines that are no events", offset: start, bytes: rest, records: linesIn(rest) };
  }
}

/** A source's own letter holds bytes as they lie in the partition. One in pieces is too large to be kept with others. */
const isOfSource = ({ component, source, piece }: Piece): boolean => component === `sources.${source}` && !piece;

const partitionOf = ({ source, partition }: Piece): string => JSON.stringify([source, partition]);

const keyOf = ({ component, source, partition, offset, child = -1, piece }: Piece): string =>
  JSON.stringify([component, source, partition, offset, child, piece?.number]);

const isLineEnd = (byte: number | undefined): boolean => byte === LF || byte === CARRIAGE_RETURN;

function linesIn(bytes: Uint8Array): number {
  let lines = 1;
  for (const byte of bytes) if (byte === LF) lines++;
  return lines;
}
