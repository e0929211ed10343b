import { setTimeout as wait } from "node:timers/promises";
import type { RetryPolicy } from "../config/config.ts";

/** The waits between tries: exponential with full jitter, so that many who failed together do not come back together. */
export class Backoff {
  readonly #policy: RetryPolicy;
  readonly #since = performance.now();
  #tries = 0;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  get tries(): number {
    return this.#tries;
  }

  /** Milliseconds since the first try began. */
  get elapsed(): number {
    return performance.now() - this.#since;
  }

  /** Whether the policy allows no further try. */
  get isExhausted(): boolean {
    return this.elapsed >= this.#policy.maxElapsed;
  }

  /** Waits before the next try, `least` milliseconds or more. @throws the signal's reason when it is aborted */
  async wait(signal: AbortSignal, least = 0): Promise<void> {
    const longest = Math.min(this.#policy.max, this.#policy.initial * 2 ** this.#tries);
    this.#tries++;
    await wait(Math.max(Math.random() * longest, least), undefined, { signal });
  }
}
