import { TailSource } from "../../plugins/sources/tail/tail-source.ts";
import type { Position, RawBatch, SourceContext } from "../../src/plugin.ts";
import { type RecordingContext, recordingContext } from "../support/recording-context.ts";

/** As the tail calls it a poll: time passes in steps of it. */
export const POLL_MS = 100;
export const ROTATE_WAIT_MS = 20_000;

/** A batch as it was read, its bytes copied out of the block. */
export type Brought = Omit<RawBatch, "bytes"> & { readonly text: string };

export interface DrivenOptions {
  readonly paths?: readonly string[];
  readonly readFrom?: "beginning" | "end";
  readonly includeCompressed?: boolean;
  readonly blockBytes?: number;
  readonly parts?: Partial<SourceContext>;
}

/** A tail whose time passes only when the test says so: between two polls nothing moves but the files. */
export class DrivenTail {
  readonly brought: Brought[] = [];
  readonly context: RecordingContext;
  readonly source: TailSource;
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;
  readonly #resume: ReadonlyMap<string, Position>;
  #now = 0;
  #wake: (() => void) | undefined;
  #idle: (() => void) | undefined;
  #failure: unknown;
  #isOver = false;

  constructor(
    folder: string,
    resume: ReadonlyMap<string, Position> = new Map(),
    {
      paths = ["*.log"],
      readFrom = "beginning",
      includeCompressed = false,
      blockBytes = 1 << 18,
      parts,
    }: DrivenOptions = {},
  ) {
    this.#resume = resume;
    this.context = recordingContext(folder);
    const block = Buffer.alloc(blockBytes);
    const context: SourceContext = {
      ...this.context,
      untilEnd: false,
      decode: "json",
      maxEventBytes: 1 << 20,
      block: () => ({ buffer: block, start: 0, end: block.length }),
      ...parts,
    };
    const options = {
      paths,
      read_from: readFrom,
      include_compressed: includeCompressed,
      poll_interval: `${POLL_MS}ms`,
      rotate_wait: `${ROTATE_WAIT_MS}ms`,
    };
    this.source = new TailSource(options, context, {
      now: () => this.#now,
      wait: (_, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) return resolve();
          this.#wake = resolve;
          this.#idle?.();
        }),
    });
    this.#reading = this.#read(resume)
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#isOver = true;
        this.#idle?.();
      });
  }

  /** The lines that were read, as they stand in the files. */
  get lines(): string[] {
    return this.brought.flatMap(linesOf);
  }

  /** Where each partition is, those that ended left out. */
  get positions(): Map<string, Position> {
    return positionsAfter(this.#resume, this.brought);
  }

  /** Returns when all is read that can be, at this moment and after so much time. */
  async pass(milliseconds = 0): Promise<this> {
    await this.#untilIdle();
    for (const end = this.#now + milliseconds; this.#now < end; ) {
      this.#now = Math.min(end, this.#now + POLL_MS);
      const wake = this.#wake;
      this.#wake = undefined;
      wake?.();
      await this.#untilIdle();
    }
    if (this.#failure) throw this.#failure;
    return this;
  }

  async stop(): Promise<this> {
    this.#stop.abort();
    this.#wake?.();
    await this.#reading;
    return this;
  }

  async #untilIdle(): Promise<void> {
    if (this.#wake || this.#isOver) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  async #read(resume: ReadonlyMap<string, Position>): Promise<void> {
    for await (const { bytes, ...batch } of this.source.read(resume, this.#stop.signal)) {
      this.brought.push({ ...batch, text: Buffer.from(bytes).toString() });
    }
  }
}

export const linesOf = ({ text }: Brought): string[] => text.split("\n").filter((line) => line !== "");

/** The positions in the record once these batches are settled, as they are after a restart. */
export function positionsAfter(
  resume: ReadonlyMap<string, Position>,
  batches: readonly Brought[],
): Map<string, Position> {
  const positions = new Map(resume);
  for (const { partition, position, ended } of batches) {
    if (ended) positions.delete(partition);
    else positions.set(partition, JSON.parse(JSON.stringify(position)));
  }
  return positions;
}
