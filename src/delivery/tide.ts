/** A level that only rises, and those who wait for it to. */
export class Tide {
  #level = 0;
  #waiting = new Set<() => void>();

  get level(): number {
    return this.#level;
  }

  rise(): void {
    this.#level++;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const resolve of waiting) resolve();
  }

  /** Returns once the level is above the one given, or at the signal. */
  async above(level: number, signal: AbortSignal): Promise<void> {
    if (this.#level > level || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    this.#waiting.delete(wake);
    signal.removeEventListener("abort", wake);
  }
}
