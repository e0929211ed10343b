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
import type { RefusedFile, Prepared as WriterPrepared } from "./writer.ts";

/**
 * Each file of a batch costs a write: with thousands of users, small batches would be all writes. Of large ones, the
 * events outlive the garbage collector's nursery, and their bytes the processor's cache.
 */
const BATCH_BYTES = 6 * 2 ** 20;
/**
 * Where most files get a single event of such a batch: then writes are most of the work, and the memory is worth it. Two of
 * these fit the window with what filters drop, so that the next one's files can be looked at in time.
 */
const LARGE_BATCH_BYTES = 9 * 2 ** 20;
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

/** A batch whose files are looked at. */
interface Look {
  readonly events: readonly Event[];
  readonly found: Promise<WriterPrepared>;
  /** How often the sink was synced before. */
  readonly syncs: number;
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
  /** The batch that comes next, as long as nothing was found out about its files. */
  #next: readonly Event[] | undefined;
  /** The look at its files, which began while the one before was written. */
  #ahead: Look | undefined;
  #isWriting = false;
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

  expect(events: readonly Event[]): void {
    this.#next = events;
    if (this.#isWriting) this.#lookAhead();
  }

  prepare(events: readonly Event[]): Promise<Prepared | readonly Rejection[]> {
    this.#next = undefined;
    return this.#inTurn(() => this.#prepare(events));
  }

  write(events: readonly Event[], signal: AbortSignal): Promise<void> {
    const writing = this.#inTurn(async () => {
      signal.throwIfAborted();
      const prepared = this.#prepared;
      if (prepared?.events !== events) throw new Error("a batch is written once, after it was prepared");
      this.#prepared = undefined;
      const written = this.#writer.write(prepared.arena);
      this.#isWriting = true;
      this.#lookAhead();
      try {
        await written;
      } finally {
        this.#isWriting = false;
      }
    });
    return orAborted(writing, signal);
  }

  recover(intents: readonly Json[], recovery: Recovery): Promise<"adopted" | "undone"> {
    return this.#inTurn(async () => {
      this.#prepared = undefined;
      this.#ahead = undefined;
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
    const plan = this.#plan;
    const ahead = this.#ahead;
    this.#prepared = undefined;
    this.#ahead = undefined;
    try {
      const { found, syncs } = ahead?.events === events ? ahead : this.#look(events, false);
      const { buffer } = this.#arena.room(plan.byteLength);
      plan.fill(new Uint8Array(buffer));
      const prepared = await found;
      if ("refused" in prepared) return this.#reject(prepared.refused);
      this.#prepared = { events, arena: buffer };
      // A sync that began meanwhile makes every file's next touch the first one.
      const isFirst = this.#isDurable && (prepared.isFirst || this.#syncs !== syncs);
      return { intent: prepared.intent, isFirst };
    } finally {
      plan.clear();
    }
  }

  /** Asks for what the files of the next batch are, behind the write: the plan is free by then, the arena is not. */
  #lookAhead(): void {
    const events = this.#next;
    this.#next = undefined;
    if (events === undefined) return;
    // The plan is not that batch's any more.
    this.#ahead = undefined;
    try {
      this.#ahead = this.#look(events, true);
      this.#ahead.found.catch(() => {});
    } catch {
      // It shows again when the batch is prepared.
    }
  }

  #look(events: readonly Event[], isAhead: boolean): Look {
    const plan = this.#plan;
    plan.make(events);
    const { paths, lengths } = plan;
    this.#learn(events.length / paths.length);
    return { events, found: this.#writer.prepare({ paths, lengths }, isAhead), syncs: this.#syncs };
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
