import type { Clock } from "./clock.ts";
import type { FoundFile } from "./matching-files.ts";
import { stampOf } from "./open-file.ts";

/** How long files that are not read yet have not changed. */
export class QuietFiles {
  readonly #clock: Clock;
  readonly #seen = new Map<string, { readonly stamp: string; readonly since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the file has not changed for so many milliseconds; it is asked at each look. */
  isQuiet({ key, stats }: FoundFile, milliseconds: number): boolean {
    const stamp = stampOf(stats);
    const known = this.#seen.get(key);
    const since = known?.stamp === stamp ? known.since : this.#clock.now();
    this.#seen.set(key, { stamp, since });
    return this.#clock.now() - since >= milliseconds || Date.now() - stats.mtimeMs >= milliseconds;
  }

  /** Forgets the files that are gone, or are read now. */
  keepOnly(isThere: (key: string) => boolean): void {
    for (const key of this.#seen.keys()) if (!isThere(key)) this.#seen.delete(key);
  }
}
