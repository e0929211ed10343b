/** Verdicts are kept for so many texts of so many characters: more are seen only where somebody makes them up. */
const MOST_VERDICTS = 10_000;
const LONGEST_REMEMBERED = 1_000;

/** Verdicts on texts, each found once: few differ, and many events have the same. */
export class Verdicts {
  readonly #known = new Map<string, boolean>();
  readonly #decide: (text: string) => boolean;

  constructor(decide: (text: string) => boolean) {
    this.#decide = decide;
  }

  of(text: string): boolean {
    return this.#known.get(text) ?? this.#learn(text);
  }

  #learn(text: string): boolean {
    const verdict = this.#decide(text);
    if (text.length > LONGEST_REMEMBERED) return verdict;
    if (this.#known.size >= MOST_VERDICTS) this.#known.clear();
    this.#known.set(text, verdict);
    return verdict;
  }
}
