import type { Lease } from "./lease.ts";
import { Tide } from "./tide.ts";

/**
 * Bounds the events that are made of what was read by what they take beside their bytes, rows and objects: of tiny ones that is
 * a hundred times as much, and their bytes would bound nothing.
 */
export class EventRoom {
  readonly #most: () => number;
  readonly #freed = new Tide();
  #taken = 0;

  /** @param most the bytes that all of them may take at present */
  constructor(most: () => number) {
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#taken >= this.#most();
  }

  /** Returns when it is not full. @throws the signal's reason when it is aborted before */
  async untilFree(signal: AbortSignal): Promise<void> {
    for (let level = this.#freed.level; ; level = this.#freed.level) {
      signal.throwIfAborted();
      if (!this.isFull) return;
      await this.#freed.above(level, signal);
    }
  }

  /** Counts so many bytes until they are released, whether there is room for them or not. */
  hold(bytes: number): Lease {
    let held = bytes;
    this.#taken += held;
    return {
      release: () => {
        this.#taken -= held;
        held = 0;
        this.#freed.rise();
      },
    };
  }
}
