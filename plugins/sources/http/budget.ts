import { Refusal } from "./refusal.ts";

/** The bound on the bytes that all requests together hold in memory. */
export class Budget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get left(): number {
    return this.#left;
  }

  /** A request's share, which holds nothing yet. */
  share(): Share {
    return new Share((bytes) => {
      if (bytes > this.#left) return false;
      this.#left -= bytes;
      return true;
    });
  }
}

/** What one request holds of the budget. */
export class Share {
  readonly #take: (bytes: number) => boolean;
  #held = 0;

  /** @param take takes bytes from the budget (gives back, where negative), or returns false where they are not there */
  constructor(take: (bytes: number) => boolean) {
    this.#take = take;
  }

  /** Makes the share this large. @throws Refusal (429) when the budget is used up; the share stays as it is then */
  hold(bytes: number): void {
    if (!this.#take(bytes - this.#held)) throw Refusal.busy("too many bytes are in flight");
    this.#held = bytes;
  }

  /** Gives all of it back. */
  release(): void {
    this.#take(-this.#held);
    this.#held = 0;
  }
}
