import { LRUCache } from "lru-cache";
import type { Event, Json } from "../../../src/plugin.ts";
import { decodePassed, encodePassed, type PassedEvent, wasFirst } from "./passed-event.ts";

export interface Bounds {
  readonly maxKeys: number;
  /** Milliseconds from the arrival of the event that passed to that of its duplicate. */
  readonly maxAge: number;
  /** Told for each event that is forgotten before its time, for want of room. */
  forgetEarly(): void;
}

/**
 * The events that passed, by their fingerprints, each with its position: read again, an event is no duplicate of itself, nor of a later one.
 * A duplicate does not make an event stay longer, so the order of the memory is that of the arrivals.
 */
export class PassedEvents {
  readonly #maxAge: number;
  readonly #passed: LRUCache<string, PassedEvent>;
  /** Those that were added since {@link remember} was called last; undefined where they are more than are kept. */
  #fresh: [string, PassedEvent][] | undefined = [];
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
    if (earlier !== undefined && !this.#isOld(earlier)) return !wasFirst(earlier, event);
    const passed = { origin, offset, child };
    this.#passed.set(fingerprint, passed);
    this.#fresh?.push([fingerprint, passed]);
    if (this.#fresh && this.#fresh.length > this.#passed.max) this.#fresh = undefined;
    return false;
  }

  remember(all: boolean): Json | undefined {
    const fresh = all || !this.#fresh ? this.#oldestFirst() : this.#fresh;
    this.#fresh = [];
    return fresh.length > 0 || all ? encodePassed(fresh) : undefined;
  }

  recall(remembered: readonly Json[]): void {
    for (const part of remembered) {
      for (const [fingerprint, passed] of decodePassed(part)) {
        this.#now = passed.origin.receivedAt;
        this.#passed.set(fingerprint, passed);
      }
    }
  }

  #oldestFirst(): [string, PassedEvent][] {
    const all: [string, PassedEvent][] = [];
    this.#passed.rforEach((passed, fingerprint) => void all.push([fingerprint, passed]));
    return all;
  }

  #isOld({ origin }: PassedEvent): boolean {
    return this.#now - origin.receivedAt > this.#maxAge;
  }
}
