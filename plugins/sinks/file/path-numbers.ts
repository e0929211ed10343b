/** What the paths that are told may weigh together, in characters, and what each costs beside them. */
const MOST_CHARACTERS = 16 * 2 ** 20;
const OVERHEAD = 160;

/** Paths on their way to the thread: each is told once, and is a number from then on. */
export interface NumberedPaths {
  readonly numbers: Int32Array;
  /** The paths that were not told before, by their numbers from the first one on. */
  readonly told: readonly string[];
  readonly first: number;
}

/** Gives paths their numbers, on the side that sends them. Bounded: what was told is forgotten as a whole. */
export class PathTeller {
  readonly #numbers = new Map<string, number>();
  #weight = 0;

  number(paths: readonly string[]): NumberedPaths {
    if (this.#weight > MOST_CHARACTERS) {
      this.#numbers.clear();
      this.#weight = 0;
    }
    const known = this.#numbers;
    const numbers = new Int32Array(paths.length);
    const told: string[] = [];
    const first = known.size;
    for (let at = 0; at < paths.length; at++) {
      const path = paths[at];
      let number = known.get(path);
      if (number === undefined) {
        number = known.size;
        known.set(path, number);
        told.push(path);
        this.#weight += OVERHEAD + path.length;
      }
      numbers[at] = number;
    }
    return { numbers, told, first };
  }
}

/** Knows the paths again, on the side that a {@link PathTeller} tells, and keeps for each what is known of it. */
export class PathHearer<Known> {
  readonly #known: Known[] = [];
  readonly #learn: (path: string) => Known;

  /** `learn` is called once for each path that is told. */
  constructor(learn: (path: string) => Known) {
    this.#learn = learn;
  }

  /** What is known, by the numbers of the paths; to be read until the next call. */
  hear({ told, first }: NumberedPaths): readonly Known[] {
    this.#known.length = first;
    for (const path of told) this.#known.push(this.#learn(path));
    return this.#known;
  }
}
