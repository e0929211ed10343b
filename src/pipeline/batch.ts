import type { Event } from "../event/event.ts";
import type { BatchLimits } from "../plugin.ts";
import { Observable, type OperatorFunction } from "./rx.ts";

/** The events that one read brings to a sink; settled when the last batch that holds some of them is. */
export class Passage {
  readonly events: readonly Event[];
  readonly #settle: () => void;
  #open = 1;

  constructor(events: readonly Event[], settle: () => void) {
    this.events = events;
    this.#settle = settle;
  }

  hold(): void {
    this.#open++;
  }

  done(): void {
    if (--this.#open === 0) this.#settle();
  }
}

export interface SinkBatch {
  readonly events: readonly Event[];
  readonly bytes: number;
  /** Settles the batch's part of the reads that it is made of. */
  settle(): void;
}

/** A sink that hears nothing new for so long gets what is there: at low load nothing waits for a timer. */
const QUIET_MS = 5;

/**
 * Gathers passages to batches for a sink. A batch is closed by size, by age, and as soon as the sources are idle and the
 * sink has nothing to do; while it writes, small passages gather.
 */
export function gather(limits: BatchLimits, isBusy: () => boolean): OperatorFunction<Passage, SinkBatch> {
  return (passages) =>
    new Observable((subscriber) => {
      let events: Event[] = [];
      let bytes = 0;
      let held: Passage[] = [];
      let quiet: NodeJS.Timeout | undefined;
      let age: NodeJS.Timeout | undefined;

      const close = () => {
        clearTimeout(age);
        age = undefined;
        if (events.length === 0) return;
        const batch = { events, bytes, settle: settling(held) };
        events = [];
        bytes = 0;
        held = [];
        subscriber.next(batch);
      };
      const closeWhenQuiet = () => {
        if (isBusy()) quiet?.refresh();
        else close();
      };
      const put = (passage: Passage) => {
        passage.hold();
        held.push(passage);
        for (const event of passage.events) {
          const length = event.byteLength;
          if (events.length > 0 && (events.length >= limits.events || bytes + length > limits.bytes)) {
            close();
            passage.hold();
            held.push(passage);
          }
          events.push(event);
          bytes += length;
        }
        passage.done();
      };

      const subscription = passages.subscribe({
        next: (passage) => {
          if (passage.events.length > 0) put(passage);
          else passage.done();
          if (events.length === 0) return;
          if (bytes >= limits.bytes || events.length >= limits.events) close();
          else {
            age ??= setTimeout(close, limits.age);
            if (quiet) quiet.refresh();
            else quiet = setTimeout(closeWhenQuiet, QUIET_MS);
          }
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          clearTimeout(quiet);
          close();
          subscriber.complete();
        },
      });
      return () => {
        clearTimeout(quiet);
        clearTimeout(age);
        subscription.unsubscribe();
      };
    });
}

const settling = (held: readonly Passage[]) => () => {
  for (const passage of held) passage.done();
};
