import type {
  BatchLimits,
  Event,
  FieldPath,
  Json,
  Log,
  Prepared,
  Recovery,
  Rejection,
  Sink,
} from "../../../src/plugin.ts";
import { Arena } from "./arena.ts";
import type { BatchPlan } from "./batch-plan.ts";
import type { Meddling } from "./recovery.ts";
import type { ThreadedWriter } from "./threaded-writer.ts";
import type { RefusedFile } from "./writer.ts";

/**
 * Each file of a batch costs a write: with thousands of users, small batches would be all writes. Of large ones, the
 * events outlive the garbage collector's nursery, and their bytes the processor's cache.
 */
const BATCH_BYTES = 6 * 2 ** 20;
/** Where most files get a single event of such a batch: then writes are most of the work, and the memory is worth it. */
const LARGE_BATCH_BYTES = 10 * 2 ** 20;
/** With fewer events a file than this, batches become large; with more than the other, they are as before. */
const FEW_EVENTS = 1.5;
const MANY_EVENTS = 2.5;
const BATCH_EVENTS = 100_000;
/** A full batch, with line ends and what events out of the ordinary add to it. */
const ARENA_BYTES = BATCH_BYTES + 2 ** 20;

/** What a {@link FileSink} is made of. */
export interface FileSinkParts {
  readonly reads: readonly FieldPath[];
  /** How old an event gets before it is written, in milliseconds. */
  readonly age: number;
  readonly plan: BatchPlan;
  readonly writer: ThreadedWriter;
  /** Whether what is written is to survive a crash of the machine. */
  readonly isDurable: boolean;
  /** Called when it writes no more. */
  readonly release: () => void;
  readonly log: Log;
}

/** Sorts each batch into files and has them written, while the engine goes on reading. */
export class FileSink implements Sink {
  readonly reads: readonly FieldPath[];
  readonly inFlight = 1;
  readonly #age: number;
  readonly #plan: BatchPlan;
  readonly #writer: ThreadedWriter;
  readonly #isDurable: boolean;
  readonly #release: () => void;
  readonly #log: Log;
  #syncs = 0;
  #batchBytes = BATCH_BYTES;
  readonly #arena = new Arena(ARENA_BYTES);
  /** The batch that was prepared, with its bytes. */
  #prepared: { readonly events: readonly Event[]; readonly arena: SharedArrayBuffer } | undefined;
  /** Settles when the writer has done with the arena, even if nobody waits for it any longer. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor({ reads, age, plan, writer, isDurable, release, log }: FileSinkParts) {
    this.reads = reads;
    this.#age = age;
    this.#plan = plan;
    this.#writer = writer;
    this.#isDurable = isDurable;
    this.#release = release;
    this.#log = log;
  }

  get batch(): BatchLimits {
    return { bytes: this.#batchBytes, events: BATCH_EVENTS, age: this.#age };
  }

  prepare(events: readonly Event[]): Promise<Prepared | readonly Rejection[]> {
    return this.#inTurn(() => this.#prepare(events));
  }

  write(events: readonly Event[], signal: AbortSignal): Promise<void> {
    const writing = this.#inTurn(async () => {
      signal.throwIfAborted();
      const prepared = this.#prepared;
      if (prepared?.events !== events) throw new Error("a batch is written once, after it was prepared");
      this.#prepared = undefined;
      await this.#writer.write(prepared.arena);
    });
    return orAborted(writing, signal);
  }

  recover(intents: readonly Json[], recovery: Recovery): Promise<"adopted" | "undone"> {
    return this.#inTurn(async () => {
      this.#prepared = undefined;
      const { outcome, meddling } = await this.#writer.recover(intents, recovery);
      this.#tell(meddling);
      return outcome;
    });
  }

  async sync(): Promise<void> {
    if (!this.#isDurable) return;
    this.#syncs++;
    await this.#writer.sync();
  }

  async close(): Promise<void> {
    await this.#idle;
    this.#release();
    await this.#writer.close();
  }

  async #prepare(events: readonly Event[]): Promise<Prepared | readonly Rejection[]> {
    this.#prepared = undefined;
    const plan = this.#plan;
    try {
      plan.make(events);
      const { paths, lengths } = plan;
      this.#learn(events.length / paths.length);
      const syncs = this.#syncs;
      const looking = this.#writer.prepare({ paths, lengths });
      const { buffer } = this.#arena.room(plan.byteLength);
      plan.fill(new Uint8Array(buffer));
      const prepared = await looking;
      if ("refused" in prepared) return this.#reject(prepared.refused);
      this.#prepared = { events, arena: buffer };
      // A sync that began meanwhile makes every file's next touch the first one.
      const isFirst = this.#isDurable && (prepared.isFirst || this.#syncs !== syncs);
      return { intent: prepared.intent, isFirst };
    } finally {
      plan.clear();
    }
  }

  /** Of batches that were not full it learns nothing: they have few events for any number of files. */
  #learn(eventsPerFile: number): void {
    if (this.#plan.byteLength < BATCH_BYTES / 2) return;
    if (eventsPerFile < FEW_EVENTS) this.#batchBytes = LARGE_BATCH_BYTES;
    else if (eventsPerFile > MANY_EVENTS) this.#batchBytes = BATCH_BYTES;
  }

  #reject(refused: readonly RefusedFile[]): Rejection[] {
    const reasons = new Map(refused.map(({ index, reason }) => [index, reason]));
    return this.#plan.eventsOf(reasons).map(({ event, file }) => ({ event, reason: reasons.get(file) as string }));
  }

  #tell({ files, first }: Meddling): void {
    if (files === 0) return;
    const advice =
      "others move, cut or write to files of this sink: such files are left as they are, and lines may be there twice";
    this.#log.warn(advice, { files, first: first.join("; ") });
  }

  /** The arena and the plan are there once. */
  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const acting = this.#idle.then(act);
    this.#idle = acting.catch(() => undefined);
    return acting;
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
