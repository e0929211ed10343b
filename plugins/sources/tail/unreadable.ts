import type { SourceContext, Work } from "../../../src/plugin.ts";

/** What is there and cannot be read now: it is tried again, and whoever asks is told, as the log is. */
export class Unreadable {
  readonly #reading: Work;
  readonly #codes = new Map<string, string>();

  constructor({ waiting }: Pick<SourceContext, "waiting">) {
    this.#reading = waiting("cannot read");
  }

  /** What cannot be read, in words: `/var/log/a.log (EACCES) and 2 more`. Undefined where all can. */
  get inWords(): string | undefined {
    const [first] = this.#codes;
    if (!first) return undefined;
    const [path, code] = first;
    return `${path} (${code})${this.#codes.size > 1 ? ` and ${this.#codes.size - 1} more` : ""}`;
  }

  /** What is gone is not unreadable. */
  failed(path: string, error: unknown): void {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return;
    this.#codes.set(path, code);
    this.#reading.waits(this.inWords as string);
  }

  recovered(path: string): void {
    if (this.#codes.delete(path) && this.#codes.size === 0) this.#reading.goesOn();
  }

  /** Forgets what is there no longer. */
  keepOnly(isThere: (path: string) => boolean): void {
    for (const path of this.#codes.keys()) if (!isThere(path)) this.recovered(path);
  }
}
