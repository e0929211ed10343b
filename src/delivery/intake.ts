import type { Work } from "../observe/health.ts";

const TRY_EVERY_MS = 1000;

/**
 * Whether requests can be taken. One that could not be says so; from then on that is tried out, and not left to the next
 * one: where nobody sends to what is not ready, none would ever come.
 */
export class Intake {
  readonly #work: Work | undefined;
  readonly #tryOut: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;

  /** @param tryOut throws where nothing could be taken now */
  constructor(work: Work | undefined, tryOut: () => Promise<void>) {
    this.#work = work;
    this.#tryOut = tryOut;
  }

  /** A request could not be taken. */
  waits(reason: string): void {
    this.#work?.waits(reason);
    this.#timer ??= setTimeout(() => this.#try(), TRY_EVERY_MS).unref();
  }

  /** One was taken, or could be. */
  goesOn(): void {
    this.close();
    this.#work?.goesOn();
  }

  /** Tries no more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #try(): Promise<void> {
    const timer = this.#timer;
    const failure = await this.#tryOut().catch((error: Error) => error);
    if (timer !== this.#timer) return;
    this.#timer = undefined;
    if (failure) this.waits(failure.message);
    else this.goesOn();
  }
}
