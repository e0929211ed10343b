import { type Piece, REFUSED_PARTITION } from "./dead-letter.ts";
import type { SinkPositions } from "./sink-position.ts";

interface Range {
  start: number;
  end: number;
}

/** Where letters are from. */
interface Place {
  readonly source: string;
  readonly partition: string;
  /** A sink has been somewhere in the partition: where none is any more, it has ended. */
  isBegun?: boolean;
}

/** The letters of one event. */
interface Known extends Place {
  readonly component: string;
  readonly offset: number;
  /** How often it was written. */
  count: number;
  /** Where the buffer ended, which the component stands behind, when the source did not bring the event any more. */
  bufferEnd?: number;
}

/** What a source could not read of one partition. */
interface Unread extends Place {
  /** In the order in which they were written. */
  ranges: Range[];
}

/** Where a sink's buffer ends, and how far the sink behind it has come in it. */
export interface BufferReach {
  readonly end: number;
  readonly taken: number;
}

/** So many events and ranges are known at the most, each of some hundred bytes. */
const MOST = 2 ** 17;

const LF = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The letters that were written behind a checkpoint: what is read again from there is not kept twice. An event's letter is
 * known by its place, once for each time that it was written. What a source could not read is known by its bytes' range, as
 * lines that follow each other are kept together, and may be parted otherwise when they are read again. A letter that came
 * again is forgotten, and so is one that cannot come again. Of too many, the latest are known: what is read again is what
 * was in flight last.
 */
export class KnownLetters {
  readonly #events = new Map<string, Known>();
  readonly #unread = new Map<string, Unread>();
  readonly #most: number;
  /** How many events and ranges there are at the most: those that came again are counted, too. */
  #added = 0;

  constructor(most: number = MOST) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#events.size === 0 && this.#unread.size === 0;
  }

  /** Letters are to be added in the order in which they were written. */
  add(letter: Piece): void {
    const { component, source, partition, offset, byteLength = 0 } = letter;
    if (partition === REFUSED_PARTITION) return;
    if (this.#added === this.#most) this.#dropOldest(Math.ceil(this.#most / 2));
    if (!isOfSource(letter)) {
      const known = this.#events.get(keyOf(letter));
      if (known) {
        known.count++;
        return;
      }
      this.#events.set(keyOf(letter), { component, source, partition, offset, count: 1 });
      this.#added++;
      return;
    }
    const key = partitionOf(letter);
    const unread = this.#unread.get(key) ?? { source, partition, ranges: [] };
    const last = unread.ranges.at(-1);
    // Nothing but a line end stands between them.
    if (last && last.start <= offset && offset <= last.end + 2) last.end = Math.max(last.end, offset + byteLength);
    else {
      unread.ranges.push({ start: offset, end: offset + byteLength });
      this.#added++;
    }
    this.#unread.set(key, unread);
  }

  /** What of a letter is not known; undefined where all of it is. What was known of it is forgotten. */
  strip(letter: Piece): Piece | undefined {
    if (this.isEmpty || letter.partition === REFUSED_PARTITION) return letter;
    if (isOfSource(letter)) return this.#stripRange(letter);
    const key = keyOf(letter);
    const known = this.#events.get(key);
    if (!known) return letter;
    if (--known.count === 0) this.#events.delete(key);
    return undefined;
  }

  /**
   * Forgets what does not come again: what lies before the positions of all sinks that its source feeds; and, where a sink
   * behind a buffer has refused it, before what the sink has of that. `buffers` has these by the sink's name.
   */
  forgetBefore(sinks: SinkPositions, buffers: ReadonlyMap<string, BufferReach>): void {
    if (this.isEmpty) return;
    for (const [key, known] of this.#events) {
      if (known.offset >= reachedBy(sinks, known)) continue;
      const buffer = buffers.get(known.component);
      if (buffer) known.bufferEnd ??= buffer.end;
      if (!buffer || buffer.taken >= (known.bufferEnd as number)) this.#events.delete(key);
    }
    for (const unread of this.#unread.values()) {
      const offset = reachedBy(sinks, unread);
      this.#keep(unread, (range) => range.end > offset);
    }
  }

  /** Several at once, as a map or a list gives up its first one slowly. */
  #dropOldest(count: number): void {
    this.#added -= count;
    const events = [...this.#events.keys()].slice(0, count);
    for (const key of events) this.#events.delete(key);
    let left = count - events.length;
    for (const unread of this.#unread.values()) {
      const dropped = Math.min(left, unread.ranges.length);
      left -= dropped;
      this.#keep(unread, (_, index) => index >= dropped);
    }
  }

  #stripRange(letter: Piece): Piece | undefined {
    const unread = this.#unread.get(partitionOf(letter));
    if (!unread) return letter;
    const { offset, bytes, byteLength = bytes?.length ?? 0 } = letter;
    const end = offset + byteLength;
    let start = offset;
    for (;;) {
      while (start > offset && bytes && isLineEnd(bytes[start - offset])) start++;
      const known = unread.ranges.find((range) => range.start <= start && start < range.end);
      if (!known) break;
      start = known.end;
      known.start = end;
    }
    this.#keep(unread, (range) => range.start < range.end);
    if (start >= end) return undefined;
    // Known in part, and without its bytes: its place is told once more rather than never.
    if (start === offset || !bytes) return letter;
    const rest = bytes.subarray(start - offset);
    return { ...letter, reason: "lines that are no events", offset: start, bytes: rest, records: linesIn(rest) };
  }

  #keep(unread: Unread, isKept: (range: Range, index: number) => boolean): void {
    unread.ranges = unread.ranges.filter(isKept);
    if (unread.ranges.length === 0) this.#unread.delete(partitionOf(unread));
  }
}

/** The lowest offset that a sink which the source feeds goes on from. */
function reachedBy(sinks: SinkPositions, place: Place): number {
  const partitions = [...sinks.values()].flatMap((sources) => sources.get(place.source) ?? []);
  const offsets = partitions.map((positions) => positions.get(place.partition)?.offset);
  const isThere = offsets.some((offset) => offset !== undefined);
  if (!isThere && place.isBegun) return Number.POSITIVE_INFINITY;
  place.isBegun ||= isThere;
  return Math.min(...offsets.map((offset = 0) => offset));
}

/** A source's own letter holds bytes as they lie in the partition. One in pieces is too large to be kept with others. */
const isOfSource = ({ component, source, piece }: Piece): boolean => component === `sources.${source}` && !piece;

const partitionOf = ({ source, partition }: Pick<Piece, "source" | "partition">): string =>
  JSON.stringify([source, partition]);

const keyOf = ({ component, source, partition, offset, child = -1, piece }: Piece): string =>
  JSON.stringify([component, source, partition, offset, child, piece?.number]);

const isLineEnd = (byte: number | undefined): boolean => byte === LF || byte === CARRIAGE_RETURN;

function linesIn(bytes: Uint8Array): number {
  let lines = 1;
  for (const byte of bytes) if (byte === LF) lines++;
  return lines;
}
