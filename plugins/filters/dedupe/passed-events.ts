import { LRUCache } from "lru-cache";
import type { Event, Json } from "../../../src/plugin.ts";
import { decodePassed, encodePassed, isSameEvent, type PassedEvent } from "./passed-event.ts";

export interface Bounds {
  readonly maxKeys: number;
  /** Milliseconds from the arrival of the event that passed to that of its duplicate. */
  readonly maxAge: number;
  /** Told for each event that is forgotten before its time, for want of room. */
  forgetEarly(): void;
}

/**
 * The events that passed, by their fingerprints, each with its position: read again, an event is no duplicate of itself.
 * A duplicate does not make an event stay longer, so the order of the memory is that of the arrivals.
 */
export class PassedEvents {
  readonly #maxAge: number;
  readonly #passed: LRUCache<string, PassedEvent>;
  /** How many of the youngest were added since {@link remember} was called last. */
  #fresh = 0;
  /** When the event at hand came in. */
  #now = Number.NEGATIVE_INFINITY;

  constructor({ maxKeys, maxAge, forgetEarly }: Bounds) {
    this.#maxAge = maxAge;
    this.#passed = new LRUCache({
      max: maxKeys,
      dispose: (passed, _, why) => {
        if (why === "evict" && !this.#isOld(passed)) forgetEarly();
      },
    });
  }

  /** Whether another event with this fingerprint has passed; if none has, this one does. */
  hasOther(fingerprint: string, event: Event): boolean {
    const { origin, offset, child } = event;
    this.#now = origin.receivedAt;
    const earlier = this.#passed.peek(fingerprint);
    if (earlier !== undefined && !this.#isOld(earlier)) return !isSameEvent(earlier, event);
    this.#passed.set(fingerprint, { origin, offset, child });
    this.#fresh++;
    return false;
  }

  remember(all: boolean): Json | undefined {
    const count = all ? this.#passed.size : Math.min(this.#fresh, this.#passed.size);
    this.#fresh = 0;
    if (count === 0 && !all) return undefined;
    const youngestFirst: [string, PassedEvent][] = [];
    for (const entry of this.#passed.entries()) {
      if (youngestFirst.length === count) break;
      youngestFirst.push(entry);
    }
    return encodePassed(youngestFirst.reverse());
  }

  recall(remembered: readonly Json[]): void {
    for (const part of remembered) {
      for (const [fingerprint, passed] of decodePassed(part)) {
        this.#now = passed.origin.receivedAt;
        this.#passed.set(fingerprint, passed);
      }
    }
  }

  #isOld({ origin }: PassedEvent): boolean {
    return this.#now - origin.receivedAt > this.#maxAge;
  }
}
