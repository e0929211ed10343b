import type { Log, LogFields } from "../../../src/plugin.ts";

const PAUSE_MS = 60_000;

/** Says each kind of thing at most once a minute, and how often it happened in between: senders must not fill the log. */
export class SeldomLog {
  readonly #log: Log;
  readonly #told = new Map<string, { at: number; more: number }>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param kind one of a few names: what is said for one does not silence another */
  warn(kind: string, text: string, fields: LogFields): void {
    this.#tell(kind, (more) => this.#log.warn(text, { ...fields, ...more }));
  }

  error(kind: string, text: string, fields: LogFields): void {
    this.#tell(kind, (more) => this.#log.error(text, { ...fields, ...more }));
  }

  #tell(kind: string, tell: (more: LogFields) => void): void {
    const now = performance.now();
    const told = this.#told.get(kind);
    if (told && now - told.at < PAUSE_MS) {
      told.more++;
      return;
    }
    this.#told.set(kind, { at: now, more: 0 });
    tell(told && told.more > 0 ? { alike: told.more } : {});
  }
}
