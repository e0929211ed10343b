import type { Share } from "./budget.ts";

const LEAST_BYTES = 16 * 1024;

/**
 * A body that is gathered in memory. It grows with what has arrived, not with what was announced: a slow sender holds
 * little, and one that sends byte by byte no more than that.
 */
export class GatheredBody {
  readonly #share: Share;
  readonly #overhead: number;
  readonly #announced: number;
  #buffer = Buffer.alloc(0);
  #length = 0;

  /**
   * @param announced Content-Length, if it was given
   * @param overhead what the request holds beside the body
   */
  constructor(share: Share, announced = Number.POSITIVE_INFINITY, overhead = 0) {
    this.#share = share;
    this.#announced = announced;
    this.#overhead = overhead;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** @throws Refusal when the budget is used up */
  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) this.#grow(length);
    chunk.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  #grow(length: number): void {
    const doubled = Math.max(2 * length, LEAST_BYTES);
    const capacity = this.#announced >= length ? Math.min(doubled, this.#announced) : doubled;
    this.#share.hold(this.#overhead + capacity);
    const buffer = Buffer.allocUnsafeSlow(capacity);
    this.#buffer.copy(buffer, 0, 0, this.#length);
    this.#buffer = buffer;
  }
}
