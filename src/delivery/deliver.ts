import type { RetryPolicy } from "../config/config.ts";
import type { Event, Origin } from "../event/event.ts";
import { NotYet } from "../event/not-yet.ts";
import type { Log } from "../observe/log.ts";
import type { Rejection, Sink } from "../plugin.ts";
import type { DeadLetter, DeadLetters } from "./dead-letters.ts";
import { withGrace } from "./grace.ts";
import { Backoff } from "./retry.ts";

export interface Delivered {
  readonly delivered: number;
  readonly deadLettered: number;
}

const TELL_EVERY_MS = 60_000;

/** How long a write that was told to stop may take to do so. */
const STOP_WITHIN_MS = 1000;

/**
 * Writes batches to one sink until they are there: a write that throws is tried again, later each time, and what the
 * sink rejects goes to the dead letters. Returns when nothing of the batch is owed any more.
 */
export class Delivery {
  readonly #name: string;
  readonly #sink: Sink;
  readonly #retry: RetryPolicy;
  readonly #deadLetters: DeadLetters;
  readonly #log: Log;
  readonly #signal: AbortSignal;

  constructor(options: {
    name: string;
    sink: Sink;
    retry: RetryPolicy;
    deadLetters: DeadLetters;
    log: Log;
    signal: AbortSignal;
  }) {
    this.#name = options.name;
    this.#sink = options.sink;
    this.#retry = options.retry;
    this.#deadLetters = options.deadLetters;
    this.#log = options.log;
    this.#signal = options.signal;
  }

  /** @throws the signal's reason when it is aborted before the batch is there */
  async deliver(events: readonly Event[]): Promise<Delivered> {
    const rejections = await this.#write(events);
    if (rejections.length > 0) {
      await this.#deadLetters.write(
        rejections.map(({ event, reason }) => deadLetterOf(event, this.#name, reason)),
        this.#signal,
      );
    }
    return { delivered: events.length - rejections.length, deadLettered: rejections.length };
  }

  async #writeOnce(events: readonly Event[]): Promise<readonly Rejection[]> {
    const writing = Promise.resolve(this.#sink.write(events, this.#signal));
    return checkRejections(await withGrace(writing, this.#signal, STOP_WITHIN_MS), events);
  }

  async #write(events: readonly Event[]): Promise<readonly Rejection[]> {
    const backoff = new Backoff(this.#retry);
    let told = Number.NEGATIVE_INFINITY;
    let open = events;
    const rejected: Rejection[] = [];
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        const rejections = await this.#writeOnce(open);
        if (backoff.tries > 0) this.#log.info("writes again", { waited_ms: Math.round(backoff.elapsed) });
        return [...rejected, ...rejections];
      } catch (error) {
        this.#signal.throwIfAborted();
        if (error instanceof NotYet) {
          rejected.push(...checkRejections(error.rejections, open));
          const owed = new Set(error.events);
          open = open.filter((event) => owed.has(event));
        }
        const reason = error instanceof Error ? error.message : String(error);
        if (backoff.isExhausted)
          return [...rejected, ...open.map((event) => ({ event, reason: `not delivered in time: ${reason}` }))];
        if (backoff.elapsed - told >= TELL_EVERY_MS) {
          told = backoff.elapsed;
          this.#log.warn(`cannot write, tries again: ${reason}`, {
            events: open.length,
            for_ms: Math.round(backoff.elapsed),
          });
        }
        await backoff.wait(this.#signal, error instanceof NotYet ? error.after : 0);
      }
    }
  }
}

/** @throws TypeError where it says no such thing: then nobody knows what became of the batch, and it is not there */
function checkRejections(rejections: unknown, events: readonly Event[]): readonly Rejection[] {
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
