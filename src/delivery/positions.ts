import type { Position } from "../plugin.ts";
import type { Lease } from "./window.ts";

/** Positions by partition. */
export type PartitionPositions = ReadonlyMap<string, Position>;

/** What one read owes: it is settled once every sink has settled it. */
export interface Receipt {
  readonly position: Position;
  /** The sink has delivered, filtered or dead-lettered all of it. */
  settle(sink: number): void;
}

/**
 * How far each sink has come in each partition of one source. Sinks settle reads in any order; a position moves only over
 * reads that are settled without a gap, and a read's window bytes come back when every sink has moved past it, so
 * that one stuck batch cannot make what has to be read again grow.
 */
export class Positions {
  readonly #sinks: number;
  readonly #partitions = new Map<string, Partition>();
  readonly #resume: readonly PartitionPositions[];
  readonly #onMove: () => void;

  /** `resume` holds for each sink where it stands; `onMove` is called when any position moves. */
  constructor(resume: readonly PartitionPositions[], onMove: () => void) {
    this.#sinks = resume.length;
    this.#resume = resume;
    this.#onMove = onMove;
    for (const partition of new Set(resume.flatMap((positions) => [...positions.keys()]))) this.#partition(partition);
  }

  /** Opens the receipt of a read; reads of a partition are opened in its order. */
  open(partition: string, position: Position, lease: Lease, ended: boolean): Receipt {
    return this.#partition(partition).open(position, lease, ended);
  }

  /** Whether a sink has had the record at this offset before the restart. */
  skipTo(partition: string, sink: number): number {
    return this.#resume[sink]?.get(partition)?.offset ?? 0;
  }

  /** Where a sink stands, partitions that ended and are settled left out. */
  of(sink: number): Map<string, Position> {
    const positions = new Map<string, Position>();
    for (const [name, partition] of this.#partitions) {
      const position = partition.positionOf(sink);
      if (position) positions.set(name, position);
    }
    return positions;
  }

  /** How many reads are not settled by every sink. */
  get unsettled(): number {
    let count = 0;
    for (const partition of this.#partitions.values()) count += partition.unsettled;
    return count;
  }

  #partition(name: string): Partition {
    let partition = this.#partitions.get(name);
    if (!partition) {
      const resume = this.#resume.map((positions) => positions.get(name));
      partition = new Partition(resume, this.#sinks, () => {
        if (partition?.hasEnded) this.#partitions.delete(name);
        this.#onMove();
      });
      this.#partitions.set(name, partition);
    }
    return partition;
  }
}

interface Entry {
  readonly position: Position;
  readonly lease: Lease;
  readonly settled: boolean[];
  readonly ended: boolean;
}

class Partition {
  readonly #queue: Entry[] = [];
  readonly #positions: (Position | undefined)[];
  readonly #heads: number[];
  readonly #onMove: () => void;
  #first = 0;
  #ended = false;

  constructor(resume: readonly (Position | undefined)[], sinks: number, onMove: () => void) {
    this.#positions = [...resume];
    this.#heads = new Array<number>(sinks).fill(0);
    this.#onMove = onMove;
  }

  get unsettled(): number {
    return this.#queue.length;
  }

  get hasEnded(): boolean {
    return this.#ended && this.#queue.length === 0;
  }

  positionOf(sink: number): Position | undefined {
    return this.#positions[sink];
  }

  open(position: Position, lease: Lease, ended: boolean): Receipt {
    const entry: Entry = { position, lease, settled: [], ended };
    this.#queue.push(entry);
    this.#ended = ended;
    return {
      position,
      settle: (sink) => {
        entry.settled[sink] = true;
        this.#advance(sink);
      },
    };
  }

  #advance(sink: number): void {
    let head = this.#heads[sink] as number;
    const before = head;
    for (let entry = this.#queue[head - this.#first]; entry?.settled[sink]; entry = this.#queue[head - this.#first]) {
      // A sink that was ahead at the restart stays where it was until the source has caught up with it.
      const known = this.#positions[sink];
      if (!known || known.offset <= entry.position.offset) this.#positions[sink] = entry.position;
      head++;
    }
    if (head === before) return;
    this.#heads[sink] = head;
    const lowest = Math.min(...this.#heads);
    for (; this.#first < lowest; this.#first++) (this.#queue.shift() as Entry).lease.release();
    this.#onMove();
  }
}

/** The lowest of the sinks' positions in each partition: where the source reads on. Where a sink has none, it starts anew. */
export function lowest(positions: readonly PartitionPositions[]): Map<string, Position> {
  const result = new Map<string, Position>();
  const names = new Set(positions.flatMap((each) => [...each.keys()]));
  for (const name of names) {
    const each = positions.map((known) => known.get(name));
    if (each.some((position) => position === undefined)) continue;
    result.set(
      name,
      (each as Position[]).reduce((one, other) => (other.offset < one.offset ? other : one)),
    );
  }
  return result;
}
