import type { Log, LogFields } from "../../../src/plugin.ts";

const INTERVAL = 60_000;

/** Warns at once, and then at most once a minute for as long as the trouble lasts. */
export class RareWarning {
  readonly #log: Log;
  readonly #now: () => number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(log: Log, now: () => number = Date.now) {
    this.#log = log;
    this.#now = now;
  }

  tell(text: string, fields?: LogFields): void {
    if (this.#now() - this.#last < INTERVAL) return;
    this.#last = this.#now();
    this.#log.warn(text, fields);
  }
}
