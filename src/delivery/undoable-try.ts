import { setTimeout as wait } from "node:timers/promises";
import type { Event } from "../event/event.ts";
import { NotYet } from "../event/not-yet.ts";
import type { Health, Work } from "../observe/health.ts";
import type { Json, Prepared, Rejection, Sink } from "../plugin.ts";
import type { Batch } from "./batch.ts";
import { checkRejections, messageOf, type Tried, type Try } from "./deliver.ts";
import { withGrace } from "./grace.ts";
import type { IntentLog } from "./intent-log.ts";

/** A sink that can undo. */
export type UndoableSink = Sink & Required<Pick<Sink, "prepare" | "recover">>;

/** The sink, if it can undo. @throws TypeError where it prepares to and then cannot */
export function undoableOf(name: string, sink: Sink): UndoableSink | undefined {
  if (!sink.prepare) return undefined;
  if (!sink.recover) {
    throw new TypeError(
      `${name} has prepare() and no recover(): nobody could undo what it prepares; give it both or none`,
    );
  }
  return sink as UndoableSink;
}

const STOP_WITHIN_MS = 1000;
const RECOVER_AGAIN_MS = 1000;

/**
 * Writes so that there is always a way back: what undoes a batch is recorded before anything of it is written, and
 * what a failed write has left is settled before anything else is.
 */
export class UndoableTry implements Try {
  readonly #key: string;
  readonly #sink: UndoableSink;
  readonly #intents: IntentLog;
  readonly #settling: Work;
  #batches = 0;
  #present: Batch | undefined;
  /** What the sink was told to expect, and {@link IntentLog.moments} then: it may have looked at once. */
  #expected: { readonly events: readonly Event[]; readonly moments: number } | undefined;
  /** The write that is under way. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: { key: string; name: string; sink: UndoableSink; intents: IntentLog; health: Health }) {
    this.#key = options.key;
    this.#sink = options.sink;
    this.#intents = options.intents;
    this.#settling = options.health.observe(options.name, "cannot settle what a failed write has left", "error");
  }

  expect({ events }: Batch): void {
    this.#expected = { events, moments: this.#intents.moments };
    const hint = async () => this.#sink.expect?.(events);
    // A sink that cannot make use of it is told all of it again when the batch is prepared.
    hint().catch(() => {});
  }

  /** Returns when the sink has nothing under way, be it given up. */
  async idle(): Promise<void> {
    await this.#writing.catch(() => {});
  }

  async write(events: readonly Event[], batch: Batch, signal: AbortSignal): Promise<Tried> {
    try {
      return await this.#write(events, batch, signal);
    } catch (error) {
      // Nothing of the batch is there, whatever the sink says of some of it.
      throw error instanceof NotYet ? new Error(error.message, { cause: error }) : error;
    }
  }

  async settle(batch: Batch, signal: AbortSignal): Promise<void> {
    if (!this.#intents.isInFlight(this.#key)) {
      this.#begin(batch);
      await this.#intents.append({ sink: this.#key, batch: this.#batches, after: batch.after }, false, signal);
    }
    // Both at once: a checkpoint sees the batch either in flight or delivered.
    this.#intents.settle(this.#key);
    batch.settle();
  }

  async #write(events: readonly Event[], batch: Batch, signal: AbortSignal): Promise<Tried> {
    this.#begin(batch);
    const { moments } = this.#expected?.events === events ? this.#expected : this.#intents;
    this.#expected = undefined;
    const prepared = await withGrace(this.#during(this.#sink.prepare(events)), signal, STOP_WITHIN_MS);
    if (isRejected(prepared)) {
      const rejections = checkRejections(prepared, events);
      const rejected = new Set(rejections.map(({ event }) => event));
      return { rejections, rest: events.filter((event) => !rejected.has(event)) };
    }
    const { intent, isFirst = true } = prepared;
    // What undoes this batch, too, may stand in a generation that a checkpoint forgets.
    const mustSync = isFirst || moments !== this.#intents.moments;
    const record = { sink: this.#key, batch: this.#batches, after: batch.after, intent };
    await this.#intents.append(record, mustSync, signal);
    // What was abandoned meanwhile may be undone by now.
    signal.throwIfAborted();
    try {
      const written = await withGrace(this.#during(this.#sink.write(events, signal)), signal, STOP_WITHIN_MS);
      return { rejections: checkRejections(written, events), rest: [] };
    } catch (error) {
      signal.throwIfAborted();
      if ((await this.#settleFailed(intent, signal)) === "undone") throw error;
    }
    return { rejections: [], rest: [] };
  }

  #begin(batch: Batch): void {
    if (this.#present !== batch) this.#batches++;
    this.#present = batch;
  }

  #during<Result>(work: Result | Promise<Result>): Promise<Result> {
    const doing = Promise.resolve(work);
    this.#writing = doing;
    return doing;
  }

  /** Finds out what a failed write has left; until that is known, nothing else can be done. */
  async #settleFailed(intent: Json, signal: AbortSignal): Promise<"adopted" | "undone"> {
    for (;;) {
      try {
        const outcome = await withGrace(this.#during(this.#sink.recover([intent], "settle")), signal, STOP_WITHIN_MS);
        this.#settling.goesOn();
        if (outcome === "undone") this.#intents.settle(this.#key);
        return outcome;
      } catch (error) {
        signal.throwIfAborted();
        this.#settling.waits(messageOf(error));
        await wait(RECOVER_AGAIN_MS, undefined, { signal });
      }
    }
  }
}

const isRejected = (prepared: Prepared | readonly Rejection[]): prepared is readonly Rejection[] =>
  Array.isArray(prepared);
