import { setTimeout as sleep } from "node:timers/promises";
import type { SourceContext } from "../../../src/plugin.ts";

/** The time that a tail goes by: how long a file has been quiet, and when it is looked at again. */
export interface Clock {
  /** Milliseconds, from anywhere; never goes back. */
  now(): number;
  /** Returns after so many milliseconds, or when `signal` is aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => {}),
};

/** What the parts of a tail need of the world. */
export interface Surroundings {
  readonly context: SourceContext;
  readonly clock: Clock;
}
