import type { RetryPolicy } from "../config/config.ts";
import type { Event, Origin } from "../event/event.ts";
import { NotYet } from "../event/not-yet.ts";
import type { Health, Work } from "../observe/health.ts";
import type { Rejection, Sink } from "../plugin.ts";
import type { Batch } from "./batch.ts";
import type { DeadLetter, DeadLetters } from "./dead-letters.ts";
import { withGrace } from "./grace.ts";
import { Backoff } from "./retry.ts";

export interface Delivered {
  readonly delivered: number;
  readonly deadLettered: number;
}

/** What became of the events of one try. */
export interface Tried {
  readonly rejections: readonly Rejection[];
  /** Those that are still to be tried, now that the others are rejected. */
  readonly rest: readonly Event[];
}

/** One way to bring events to a sink. */
export interface Try {
  /** Throws where none of the events is there, or NotYet, where some are. */
  write(events: readonly Event[], batch: Batch, signal: AbortSignal): Promise<Tried>;
  /** Tells of the batch that comes next, while another one is written. */
  expect?(batch: Batch): void;
  /** Returns when no write is under way, be it given up. */
  idle(): Promise<void>;
  /** Nothing of the batch is owed any more: settles it. */
  settle(batch: Batch, signal: AbortSignal): Promise<void>;
}

/** How long a write that was told to stop may take to do so. */
const STOP_WITHIN_MS = 1000;

/**
 * Writes batches to one sink until they are there: a write that throws is tried again, later each time, and what the
 * sink rejects goes to the dead letters. Returns when nothing of the batch is owed any more.
 */
export class Delivery {
  readonly #name: string;
  readonly #try: Try;
  readonly #retry: RetryPolicy;
  readonly #deadLetters: DeadLetters;
  readonly #health: Health;
  readonly #inFlight = new Set<Batch>();

  constructor(options: { name: string; try: Try; retry: RetryPolicy; deadLetters: DeadLetters; health: Health }) {
    this.#name = options.name;
    this.#try = options.try;
    this.#retry = options.retry;
    this.#deadLetters = options.deadLetters;
    this.#health = options.health;
  }

  /** The batches that are being delivered, or were given up. */
  get inFlight(): { readonly events: number; readonly bytes: number } {
    const batches = [...this.#inFlight];
    return {
      events: batches.reduce((sum, { events }) => sum + events.length, 0),
      bytes: batches.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** Returns when no write is under way, be it given up. */
  async idle(): Promise<void> {
    await this.#try.idle();
    this.#inFlight.clear();
  }

  /** Tells of the batch that comes next, while another one is being delivered. */
  expect(batch: Batch): void {
    this.#try.expect?.(batch);
  }

  /** @throws the signal's reason when it is aborted before the batch is there */
  async deliver(batch: Batch, signal: AbortSignal): Promise<Delivered> {
    let deadLettered = 0;
    this.#inFlight.add(batch);
    for (let open = batch.events; open.length > 0; ) {
      const { rejections, rest } = await this.#write(open, batch, signal);
      if (rejections.length > 0) {
        await this.#deadLetters.write(
          rejections.map(({ event, reason }) => deadLetterOf(event, this.#name, reason)),
          signal,
        );
      }
      deadLettered += rejections.length;
      open = rest;
    }
    await this.#try.settle(batch, signal);
    this.#inFlight.delete(batch);
    return { delivered: batch.events.length - deadLettered, deadLettered };
  }

  async #write(events: readonly Event[], batch: Batch, signal: AbortSignal): Promise<Tried> {
    const backoff = new Backoff(this.#retry);
    let open = events;
    const rejected: Rejection[] = [];
    let waiting: Work | undefined;
    try {
      for (;;) {
        signal.throwIfAborted();
        try {
          const { rejections, rest } = await this.#try.write(open, batch, signal);
          return { rejections: [...rejected, ...rejections], rest };
        } catch (error) {
          signal.throwIfAborted();
          if (error instanceof NotYet) {
            rejected.push(...checkRejections(error.rejections, open));
            const owed = new Set(error.events);
            open = open.filter((event) => owed.has(event));
          }
          const reason = messageOf(error);
          if (backoff.isExhausted) {
            const late = rejectAll(open, `not delivered in time: ${reason}`);
            return { rejections: [...rejected, ...late], rest: [] };
          }
          waiting ??= this.#health.observe(this.#name, "cannot write");
          waiting.waits(reason, { events: open.length });
          await backoff.wait(signal, error instanceof NotYet ? error.after : 0);
        }
      }
    } finally {
      // What is given up waits still: it is told at the end, or said again by the next try.
      if (!signal.aborted) waiting?.goesOn();
    }
  }
}

const rejectAll = (events: readonly Event[], reason: string): readonly Rejection[] =>
  events.map((event) => ({ event, reason }));

/** What an error says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Writes without a way back: what a write that throws has brought to the sink may come there again. */
export class PlainTry implements Try {
  readonly #sink: Sink;
  readonly #writing = new Set<Promise<unknown>>();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async idle(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }

  async write(events: readonly Event[], _batch: Batch, signal: AbortSignal): Promise<Tried> {
    const writing = Promise.resolve(this.#sink.write(events, signal)).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    return { rejections: checkRejections(await withGrace(writing, signal, STOP_WITHIN_MS), events), rest: [] };
  }

  async settle(batch: Batch): Promise<void> {
    batch.settle();
  }
}

/** @throws TypeError where it says no such thing: then nobody knows what became of the batch, and it is not there */
export function checkRejections(rejections: unknown, events: readonly Event[]): readonly Rejection[] {
  if (rejections === undefined || rejections === null) return [];
  if (!Array.isArray(rejections)) throw new TypeError("the sink returned something that is no list of rejections");
  if (rejections.length === 0) return rejections;
  const open = new Set(events);
  for (const rejection of rejections as Partial<Rejection>[]) {
    const isOpen = rejection?.event !== undefined && open.delete(rejection.event);
    if (!isOpen) throw new TypeError("the sink rejected an event twice, or one that it was not given");
  }
  return rejections;
}

/** An event that a component refused, with where it came from. */
export function deadLetterOf(event: Event, component: string, reason: string): DeadLetter {
  const { offset, child, bytes } = event;
  return { ...letterFrom(component, event.origin), reason, offset, child, bytes };
}

/** What a dead letter says of who refused something that came from there. */
export const letterFrom = (component: string, { source, partition, path, remote }: Origin) => ({
  component,
  source,
  partition,
  ...(path !== undefined && { path }),
  ...(remote !== undefined && { remote }),
});
