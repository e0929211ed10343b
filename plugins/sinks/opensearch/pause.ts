import { setTimeout } from "node:timers/promises";

/** Waits for milliseconds, or until the signal is aborted: then it throws the signal's reason. */
export type Pause = (milliseconds: number, signal: AbortSignal) => Promise<void>;

export const pause: Pause = async (milliseconds, signal) => {
  try {
    await setTimeout(milliseconds, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
};
