import type { BatchLimits, Event, FieldPath, Log, Rejection, Sink } from "../../../src/plugin.ts";
import { Arena } from "./arena.ts";
import type { BatchPlan } from "./batch-plan.ts";
import type { ThreadedWriter } from "./threaded-writer.ts";
import type { Outcome } from "./writer.ts";

/**
 * Each file of a batch costs a write: with thousands of users, small batches would be all writes. Of large ones, the
 * events outlive the garbage collector's nursery, and their bytes the processor's cache.
 */
const BATCH_BYTES = 4 * 2 ** 20;
const BATCH_EVENTS = 1_000_000;
/** A full batch, with line ends and what events out of the ordinary add to it. */
const ARENA_BYTES = BATCH_BYTES + 2 ** 20;

/** What a {@link FileSink} is made of. */
export interface FileSinkParts {
  readonly reads: readonly FieldPath[];
  /** How old an event gets before it is written, in milliseconds. */
  readonly age: number;
  readonly plan: BatchPlan;
  readonly writer: ThreadedWriter;
  readonly log: Log;
}

/** Sorts each batch into files and has them written, while the engine goes on reading. */
export class FileSink implements Sink {
  readonly reads: readonly FieldPath[];
  readonly batch: BatchLimits;
  readonly inFlight = 1;
  readonly #plan: BatchPlan;
  readonly #writer: ThreadedWriter;
  readonly #log: Log;
  readonly #arena = new Arena(ARENA_BYTES);
  /** Settles when the writer has done with the arena, even if nobody waits for it any longer. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor({ reads, age, plan, writer, log }: FileSinkParts) {
    this.reads = reads;
    this.batch = { bytes: BATCH_BYTES, events: BATCH_EVENTS, age };
    this.#plan = plan;
    this.#writer = writer;
    this.#log = log;
  }

  write(events: readonly Event[], signal: AbortSignal): Promise<readonly Rejection[]> {
    const writing = this.#idle.then(() => this.#write(events, signal));
    this.#idle = writing.catch(() => undefined);
    return orAborted(writing, signal);
  }

  async close(): Promise<void> {
    await this.#idle;
    await this.#writer.close();
  }

  async #write(events: readonly Event[], signal: AbortSignal): Promise<readonly Rejection[]> {
    signal.throwIfAborted();
    const plan = this.#plan;
    try {
      plan.make(events);
      const arena = this.#arena.room(plan.byteLength);
      plan.fill(arena);
      const { paths, lengths } = plan;
      return this.#settle(await this.#writer.append({ paths, lengths }, arena.buffer));
    } finally {
      plan.clear();
    }
  }

  #settle({ refused, doubled }: Outcome): Rejection[] {
    if (doubled.length > 0) {
      const advice = "others write to or move the files of this sink: lines of a write that failed are there twice";
      this.#log.warn(advice, { files: doubled.length, first: doubled[0] });
    }
    if (refused.length === 0) return [];
    const reasons = new Map(refused.map(({ index, reason }) => [index, reason]));
    return this.#plan.eventsOf(reasons).map(({ event, file }) => ({ event, reason: reasons.get(file) as string }));
  }
}

/** What `promise` brings, unless the signal is aborted first: then its reason is thrown. */
async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
