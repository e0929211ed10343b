import type { Position } from "../plugin.ts";
import type { Lease } from "./lease.ts";
import type { LettersMark } from "./letters-mark.ts";
import { advance, type EventPlace, isBeginning, type PartitionPositions, type SinkPosition } from "./sink-position.ts";

/** What one read owes: it is settled once every sink has settled it. */
export interface Receipt {
  /** How far a sink has come that has all of it. */
  readonly reached: SinkPosition;
  /** Where it begins: how far a sink has come that has nothing of it. */
  readonly before: SinkPosition;
  /** Where its partition begins, as far as no checkpoint knows. */
  readonly begin?: Position | undefined;
  /** The sink has delivered, filtered or dead-lettered all of it. */
  settle(sink: number): void;
  /** The same for its events up to this one, and all reads before it. */
  settleUpTo(sink: number, place: EventPlace): void;
}

/** What is known of a read before its events are. */
export interface ReadKind {
  /** The partition will never bring more. */
  readonly ended?: boolean;
  /** It only tells where its partition is. */
  readonly isEmpty?: boolean;
}

/**
 * How far each sink has come in each partition of one source. Sinks settle reads in any order; a position moves only over
 * reads that are settled without a gap, and a read's window bytes come back when every sink has moved past it, so
 * that one stuck batch cannot make what has to be read again grow.
 */
export class Positions {
  readonly #partitions = new Map<string, Partition>();
  readonly #onMove: () => void;
  readonly #letters: () => LettersMark;
  #resume: readonly PartitionPositions[] = [];
  #start: ReadonlyMap<string, Position> = new Map();

  /**
   * `resume` holds for each sink where it stands; `onMove` is called when any position moves; `letters` is how far the dead
   * letters are written.
   */
  constructor(resume: readonly PartitionPositions[], onMove: () => void, letters: () => LettersMark) {
    this.#onMove = onMove;
    this.#letters = letters;
    this.restart(resume);
  }

  /**
   * Forgets all reads that are not settled. Each sink goes on where it stands now; reading begins at the lowest of these.
   */
  restart(resume: readonly PartitionPositions[]): void {
    for (const partition of this.#partitions.values()) partition.close();
    this.#partitions.clear();
    this.#resume = resume;
    this.#start = lowest(resume);
    for (const partition of new Set(resume.flatMap((positions) => [...positions.keys()]))) {
      if (!resume.every((positions) => positions.get(partition)?.ended)) this.#partition(partition);
    }
  }

  /** Where reading begins. */
  get start(): ReadonlyMap<string, Position> {
    return this.#start;
  }

  /** Opens the receipt of a read; reads of a partition are opened in its order. One that brings nothing owes nothing. */
  open(partition: string, position: Position, lease: Lease, kind: ReadKind = {}): Receipt {
    return this.#partition(partition).open(position, lease, kind, this.#letters());
  }

  /** The same for a part of a read that reaches up to this place; the read's last part is opened as the read. */
  openPart(partition: string, upTo: EventPlace, lease: Lease): Receipt {
    return this.#partition(partition).openPart(upTo, lease, this.#letters());
  }

  /** Returns what is to be called once a checkpoint holds where the partitions begin that are known now. */
  noteBegins(): () => void {
    const known = [...this.#partitions.values()].map((partition) => partition.noteBegin());
    return () => {
      for (const forget of known) forget();
    };
  }

  /** How far the dead letters were written when each partition's oldest unsettled read was opened. */
  *lettersBefore(): Generator<LettersMark, void> {
    for (const partition of this.#partitions.values()) {
      const letters = partition.lettersBefore;
      if (letters) yield letters;
    }
  }

  /** How far a sink had come when reading began. */
  resumeOf(partition: string, sink: number): SinkPosition | undefined {
    return this.#resume[sink]?.get(partition);
  }

  /** Where a sink stands, partitions that ended and are settled by every sink left out. */
  of(sink: number): Map<string, SinkPosition> {
    const positions = new Map<string, SinkPosition>();
    for (const [name, partition] of this.#partitions) {
      const position = partition.positionOf(sink);
      if (position) positions.set(name, position);
    }
    return positions;
  }

  /** The partitions of which a sink has not settled all that was read, and the offset that it goes on from. */
  *unsettledBy(sink: number): Generator<{ readonly partition: string; readonly offset: number }, void> {
    for (const [name, partition] of this.#partitions) {
      if (partition.isUnsettledBy(sink)) yield { partition: name, offset: partition.positionOf(sink)?.offset ?? 0 };
    }
  }

  /** How many reads are not settled by every sink. */
  get unsettled(): number {
    let count = 0;
    for (const partition of this.#partitions.values()) count += partition.unsettled;
    return count;
  }

  #partition(name: string): Partition {
    const known = this.#partitions.get(name);
    if (known) return known;
    const partition = new Partition(
      this.#resume.map((positions) => positions.get(name)),
      this.#start.get(name) ?? { offset: 0 },
      () => {
        if (partition.hasEnded && this.#partitions.get(name) === partition) this.#partitions.delete(name);
        this.#onMove();
      },
    );
    this.#partitions.set(name, partition);
    return partition;
  }
}

interface Entry {
  readonly reached: SinkPosition;
  readonly lease: Lease;
  /** How far the dead letters were written before any of it. */
  readonly letters: LettersMark;
  readonly settled: boolean[];
}

class Partition {
  readonly #queue: Entry[] = [];
  readonly #positions: (SinkPosition | undefined)[];
  readonly #heads: number[];
  readonly #onMove: () => void;
  #first = 0;
  /** Where the next read begins. */
  #end: SinkPosition;
  /** Where the source said that it begins, or goes on: of what was read since, no checkpoint tells. */
  #begin: SinkPosition | undefined;
  /** Something was read: what the source says of where it goes on lies behind that, and whoever went back there would pass it over. */
  #isRead = false;
  /** How far the dead letters were written before the last read. */
  #lettersBefore: LettersMark | undefined;

  constructor(resume: readonly (SinkPosition | undefined)[], start: Position, onMove: () => void) {
    this.#positions = [...resume];
    this.#heads = new Array<number>(resume.length).fill(0);
    this.#end = start;
    this.#onMove = onMove;
  }

  get unsettled(): number {
    return this.#queue.length;
  }

  isUnsettledBy(sink: number): boolean {
    return (this.#heads[sink] as number) < this.#first + this.#queue.length;
  }

  get hasEnded(): boolean {
    return this.#end.ended === true && this.#queue.length === 0;
  }

  positionOf(sink: number): SinkPosition | undefined {
    return this.#positions[sink];
  }

  get lettersBefore(): LettersMark | undefined {
    return this.#queue[0]?.letters ?? (this.#end.partly && this.#lettersBefore);
  }

  noteBegin(): () => void {
    const known = this.#begin;
    return () => {
      if (this.#begin === known) this.#begin = undefined;
    };
  }

  open(position: Position, lease: Lease, { ended, isEmpty }: ReadKind, letters: LettersMark): Receipt {
    const reached: SinkPosition = ended ? { ...position, ended } : position;
    if (isEmpty && !this.#isRead) this.#begin = reached;
    return this.#open(reached, lease, isEmpty, letters);
  }

  openPart(partly: EventPlace, lease: Lease, letters: LettersMark): Receipt {
    return this.#open({ ...this.#end, partly }, lease, false, letters);
  }

  #open(reached: SinkPosition, lease: Lease, isEmpty = false, letters: LettersMark): Receipt {
    const before = this.#end;
    this.#isRead ||= !isEmpty;
    // What is read again begins with the read, whichever of its parts are settled.
    if (!before.partly || !this.#lettersBefore) this.#lettersBefore = letters;
    const entry: Entry = { reached, lease, letters: this.#lettersBefore, settled: [] };
    this.#queue.push(entry);
    this.#end = reached;
    // All sinks learn of a partition at once: none takes it for a new one that another has begun.
    if (isEmpty) for (const sink of this.#heads.keys()) this.#settleOne(entry, sink);
    return {
      reached,
      before,
      begin: this.#begin,
      settle: (sink) => this.#settleOne(entry, sink),
      settleUpTo: (sink, partly) => {
        this.#positions[sink] = advance(this.#positions[sink], { ...before, partly });
        this.#onMove();
      },
    };
  }

  /** Gives back what is not settled yet. */
  close(): void {
    for (const { lease } of this.#queue.splice(0)) lease.release();
  }

  #settleOne(entry: Entry, sink: number): void {
    entry.settled[sink] = true;
    this.#settle(sink);
  }

  #settle(sink: number): void {
    let head = this.#heads[sink] as number;
    const before = head;
    for (let entry = this.#queue[head - this.#first]; entry?.settled[sink]; entry = this.#queue[head - this.#first]) {
      // A sink that was ahead at the restart stays where it was until the source has caught up with it.
      this.#positions[sink] = advance(this.#positions[sink], entry.reached);
      head++;
    }
    if (head === before) return;
    this.#heads[sink] = head;
    const lowest = Math.min(...this.#heads);
    for (; this.#first < lowest; this.#first++) this.#queue.shift()?.lease.release();
    this.#onMove();
  }
}

/**
 * The lowest of the sinks' positions in each partition: where the source reads on. Where a sink has none, it starts anew;
 * where all have what the partition will ever bring, there is nothing to read.
 */
export function lowest(positions: readonly PartitionPositions[]): Map<string, Position> {
  const result = new Map<string, Position>();
  for (const name of new Set(positions.flatMap((each) => [...each.keys()]))) {
    const each = positions.map((known) => known.get(name));
    const position = each.every((known) => known?.ended) ? undefined : lowestOf(each);
    if (position && !isBeginning(position)) result.set(name, position);
  }
  return result;
}

function lowestOf(positions: readonly (SinkPosition | undefined)[]): Position | undefined {
  let lowest: Position | undefined;
  for (const position of positions) {
    if (!position) return undefined;
    if (!lowest || position.offset < lowest.offset) lowest = position;
  }
  if (!lowest) return undefined;
  const { offset, detail } = lowest;
  return detail === undefined ? { offset } : { offset, detail };
}
