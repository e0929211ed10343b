import type { Log } from "../observe/log.ts";
import type { DeadLetter } from "./dead-letter.ts";

const PAUSE_MS = 60_000;

/**
 * Tells the log who makes dead letters, and how many: at once, and at most once a minute for each component, as whoever sends
 * nonsense must not fill the log. The reasons stand in the letters alone, since a server's may quote an event.
 */
export class LetterNotice {
  readonly #log: Log;
  readonly #path: string;
  readonly #untold = new Map<string, { records: number; quietUntil: number }>();

  /** @param path the file of the letters */
  constructor(log: Log, path: string) {
    this.#log = log;
    this.#path = path;
  }

  /** This letter is in the file. */
  add({ component, records = 1 }: DeadLetter): void {
    const untold = this.#untold.get(component) ?? { records: 0, quietUntil: 0 };
    untold.records += records;
    this.#untold.set(component, untold);
  }

  /** Tells what was added since it was told last, where that is long enough ago. */
  tell(): void {
    const now = performance.now();
    for (const [component, untold] of this.#untold) {
      if (untold.records === 0 || now < untold.quietUntil) continue;
      const fields = { records: untold.records, path: this.#path };
      this.#log.child(component).warn("refused what is now in the dead letters, with the reasons", fields);
      untold.records = 0;
      untold.quietUntil = now + PAUSE_MS;
    }
  }
}
