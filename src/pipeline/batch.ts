import type { Batch } from "../delivery/batch.ts";
import { advance, type SinkPosition } from "../delivery/sink-position.ts";
import type { Event } from "../event/event.ts";
import type { BatchLimits } from "../plugin.ts";
import type { Passage } from "./passage.ts";
import { Observable, type OperatorFunction } from "./rx.ts";

/** A sink that hears nothing new for so long gets what is there: at low load nothing waits for a timer. */
const QUIET_MS = 5;
/**
 * A sink that got a batch a moment ago gets the next one so long after that: each one costs syncs and wakes threads, and
 * many clients with a little each would make more of them than events are worth.
 */
const PAUSE_MS = 50;
/** A batch of so many bytes is worth all that by itself. */
const WORTHWHILE_BYTES = 2 ** 20;

/** How batches are closed. */
export interface Gathering {
  /** Asked for each batch. */
  readonly limits: () => BatchLimits;
  /** The sink has something to do. */
  readonly isBusy: () => boolean;
  /** A batch's end is recorded: it lies where one event tells which of a read the sink has. */
  readonly isRecorded: boolean;
}

/**
 * Gathers passages to batches for a sink. A batch is closed by size, by age, and as soon as the sources are idle and the
 * sink has nothing to do; while it writes, and right after a batch, small passages gather.
 */
export function gather({ limits: limitsNow, isBusy, isRecorded }: Gathering): OperatorFunction<Passage, Batch> {
  return (passages) =>
    new Observable((subscriber) => {
      let batch = new OpenBatch(isRecorded);
      let limits = limitsNow();
      let quiet: NodeJS.Timeout | undefined;
      let age: NodeJS.Timeout | undefined;
      let pause: NodeJS.Timeout | undefined;

      const close = () => {
        clearTimeout(age);
        age = undefined;
        if (batch.events.length === 0) return;
        clearTimeout(pause);
        pause = setTimeout(() => {
          pause = undefined;
        }, PAUSE_MS);
        const closed = batch;
        batch = new OpenBatch(isRecorded);
        subscriber.next(closed);
        limits = limitsNow();
      };
      const closeWhenQuiet = () => {
        clearTimeout(quiet);
        quiet = setTimeout(() => {
          const isEarly = pause !== undefined && batch.bytes < WORTHWHILE_BYTES;
          if (isBusy() || isEarly) closeWhenQuiet();
          else close();
        }, QUIET_MS);
      };
      const isFullFor = (event: Event) =>
        batch.events.length > 0 &&
        (batch.events.length >= limits.events || batch.bytes + event.byteLength > limits.bytes);
      const put = (passage: Passage) => {
        for (let index = 0; index < passage.events.length; index++) {
          const event = passage.events[index] as Event;
          if (isFullFor(event) && (index === 0 || !isRecorded || passage.isOrdered)) {
            if (index > 0) batch.hold(passage, index);
            close();
          }
          batch.add(event);
        }
        batch.hold(passage, passage.events.length);
        passage.done();
      };

      const subscription = passages.subscribe({
        next: (passage) => {
          if (passage.events.length > 0) put(passage);
          else {
            batch.pass(passage);
            passage.done();
          }
          if (batch.events.length === 0) return;
          if (batch.bytes >= limits.bytes || batch.events.length >= limits.events) close();
          else {
            age ??= setTimeout(close, limits.age);
            closeWhenQuiet();
          }
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          clearTimeout(quiet);
          close();
          clearTimeout(pause);
          subscriber.complete();
        },
      });
      return () => {
        clearTimeout(quiet);
        clearTimeout(age);
        clearTimeout(pause);
        subscription.unsubscribe();
      };
    });
}

class OpenBatch implements Batch {
  readonly events: Event[] = [];
  readonly after = new Map<string, Map<string, SinkPosition>>();
  readonly #held: { readonly passage: Passage; readonly count: number }[] = [];
  readonly #isRecorded: boolean;
  bytes = 0;

  constructor(isRecorded: boolean) {
    this.#isRecorded = isRecorded;
  }

  add(event: Event): void {
    this.events.push(event);
    this.bytes += event.byteLength;
  }

  /** The batch brings the sink to the passage's first `count` events. */
  hold(passage: Passage, count: number): void {
    passage.hold();
    this.#held.push({ passage, count });
    this.#reach(passage, passage.reached(count));
  }

  /** The passage has nothing for the sink: once the batch is there, the sink has come past it. */
  pass(passage: Passage): void {
    if (this.events.length > 0) this.#reach(passage, passage.reached(0));
  }

  settle(): void {
    // What is not recorded may be settled in any order: then only whole reads tell how far the sink has come.
    for (const { passage, count } of this.#held) passage.done(this.#isRecorded ? count : undefined);
  }

  #reach({ source, partition }: Passage, position: SinkPosition): void {
    let partitions = this.after.get(source);
    if (!partitions) this.after.set(source, (partitions = new Map()));
    partitions.set(partition, advance(partitions.get(partition), position));
  }
}
