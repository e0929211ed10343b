import { setTimeout as wait } from "node:timers/promises";

const LOOK_EVERY_MS = 5;
/** What a quiet machine does at once takes long on a busy one; only what fails is waited for so long. */
const LONG_MS = 30_000;

/** Returns when the condition holds; throws, with what was waited for, when it does not within `timeout` milliseconds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeout = LONG_MS,
): Promise<void> {
  const end = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${timeout} ms in vain until ${what}`);
    await wait(LOOK_EVERY_MS);
  }
}
