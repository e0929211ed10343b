/** How far a partition was read, as its source says it. */
interface ReadTo {
  readonly offset: number;
}

/** What a read tells of where its partition stands. */
export interface Progress {
  readonly partition: string;
  readonly path?: string;
  readonly bytes: { readonly length: number };
  /** Where reading goes on. */
  readonly position: ReadTo;
  /** Bytes known to be left behind these. */
  readonly behind?: number;
  /** The partition will never bring more. */
  readonly ended?: boolean;
}

/** How far reading is behind what there is of one partition. */
export interface PartitionLag {
  readonly partition: string;
  readonly path: string | undefined;
  /** Bytes that wait to be read. */
  readonly bytes: number;
  /** Since when some do; 0 where none does. */
  readonly milliseconds: number;
}

/** How far a sink is behind what was read. */
export interface SinkLag {
  /** Bytes read that it has not settled. */
  readonly bytes: number;
  /** The age of the oldest read that it has not settled; 0 where it has all. */
  readonly milliseconds: number;
}

/** A read that sinks lag behind. */
export interface Lagging {
  /** The receipt with which a sink settles the read, which then lags no more. */
  until<Receipt extends { settle(sink: number): void }>(receipt: Receipt): Receipt;
  /** No sink is to settle it any more. */
  close(): void;
}

interface Partition {
  path: string | undefined;
  position: ReadTo;
  behind: number;
  /** When it was first seen to have more than was read, since it was last read to its end. */
  behindSince: number | undefined;
}

interface OpenRead {
  readonly bytes: number;
  readonly at: number;
}

/** How far one source, and each sink behind it, lag: kept by the read, so that it costs nothing by the event. */
export class Lag {
  readonly #now: () => number;
  readonly #partitions = new Map<string, Partition>();
  /** For each sink the reads that it has not settled, oldest first. */
  readonly #open: readonly Set<OpenRead>[];
  readonly #unsettledBytes: number[];

  /** @param now milliseconds that only grow */
  constructor(sinks: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#open = Array.from({ length: sinks }, () => new Set<OpenRead>());
    this.#unsettledBytes = new Array<number>(sinks).fill(0);
  }

  /** A read is there, and no sink has settled it. */
  open({ partition, path, bytes, position, behind = 0, ended }: Progress): Lagging {
    const now = this.#now();
    if (ended) this.#partitions.delete(partition);
    else {
      const known = this.#partitions.get(partition);
      const seen = { path, position, behind, behindSince: known?.behindSince };
      this.#partitions.set(partition, seen);
      see(seen, behind, now);
    }
    const read: OpenRead = { bytes: bytes.length, at: now };
    for (const [sink, open] of this.#open.entries()) {
      open.add(read);
      this.#unsettledBytes[sink] = (this.#unsettledBytes[sink] as number) + read.bytes;
    }
    const settle = (sink: number) => {
      if (!this.#open[sink]?.delete(read)) return;
      this.#unsettledBytes[sink] = (this.#unsettledBytes[sink] as number) - read.bytes;
    };
    return {
      until: (receipt) => ({
        ...receipt,
        settle: (sink) => {
          receipt.settle(sink);
          settle(sink);
        },
      }),
      close: () => {
        for (const sink of this.#open.keys()) settle(sink);
      },
    };
  }

  /** How many partitions are being read. */
  get size(): number {
    return this.#partitions.size;
  }

  /**
   * All partitions, as they stand now.
   * @param behind tells how many bytes wait now, where the source can; of the others as many do as at their last read
   */
  partitions(
    behind: (read: ReadonlyMap<string, ReadTo>) => ReadonlyMap<string, number> | undefined = () => undefined,
  ): PartitionLag[] {
    const now = this.#now();
    const known = behind(new Map([...this.#partitions].map(([name, { position }]) => [name, position])));
    return [...this.#partitions].map(([name, partition]) => {
      const bytes = Math.max(0, known?.get(name) ?? partition.behind);
      see(partition, bytes, now);
      return { partition: name, path: partition.path, bytes, milliseconds: now - (partition.behindSince ?? now) };
    });
  }

  /** How far a sink is behind, by its number. */
  of(sink: number): SinkLag {
    const [oldest] = this.#open[sink] ?? [];
    return { bytes: this.#unsettledBytes[sink] ?? 0, milliseconds: oldest ? this.#now() - oldest.at : 0 };
  }
}

/** So many bytes wait at this moment. */
function see(partition: Partition, behind: number, now: number): void {
  partition.behind = behind;
  partition.behindSince = behind > 0 ? (partition.behindSince ?? now) : undefined;
}
