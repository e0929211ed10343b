import type { BatchLimits, Event, FieldPath, Log, Rejection, Sink } from "../../../src/plugin.ts";
import { Arena } from "./arena.ts";
import type { BatchPlan, BatchPlanner } from "./batch-plan.ts";
import type { ThreadedWriter } from "./threaded-writer.ts";
import type { Outcome } from "./writer.ts";

/** Each file of a batch costs a write: with thousands of users, small batches would be all writes. */
const BATCH_BYTES = 16 * 2 ** 20;
const BATCH_EVENTS = 1_000_000;

/** What a {@link FileSink} is made of. */
export interface FileSinkParts {
  readonly reads: readonly FieldPath[];
  /** How old an event gets before it is written, in milliseconds. */
  readonly age: number;
  readonly planner: BatchPlanner;
  readonly writer: ThreadedWriter;
  readonly log: Log;
}

/** Sorts each batch into files and has them written, while the engine goes on reading. */
export class FileSink implements Sink {
  readonly reads: readonly FieldPath[];
  readonly batch: BatchLimits;
  readonly inFlight = 1;
  readonly #planner: BatchPlanner;
  readonly #writer: ThreadedWriter;
  readonly #log: Log;
  readonly #arena = new Arena();
  /** Settles when the writer has done with the arena, even if nobody waits for it any longer. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor({ reads, age, planner, writer, log }: FileSinkParts) {
    this.reads = reads;
    this.batch = { bytes: BATCH_BYTES, events: BATCH_EVENTS, age };
    this.#planner = planner;
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
    const plan = this.#planner.plan(events);
    const memory = this.#arena.room(plan.byteLength);
    plan.fill(Buffer.from(memory));
    const { paths, lengths } = plan;
    return this.#settle(plan, await this.#writer.append({ paths, lengths }, memory));
  }

  #settle(plan: BatchPlan, { refused, doubled }: Outcome): Rejection[] {
    if (doubled.length > 0) {
      const advice = "others write to or move the files of this sink: lines of a write that failed are there twice";
      this.#log.warn(advice, { files: doubled.length, first: doubled[0] });
    }
    if (refused.length === 0) return [];
    const reasons = new Map(refused.map(({ index, reason }) => [index, reason]));
    return plan.eventsOf(reasons).map(({ event, file }) => ({ event, reason: reasons.get(file) as string }));
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
