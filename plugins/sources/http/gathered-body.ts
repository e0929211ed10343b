import type { Share } from "./budget.ts";
import type { BufferPool } from "./buffer-pool.ts";

/**
 * A body that is gathered in memory. It grows with what has arrived, not with what was announced: a slow sender holds
 * little, and one that sends byte by byte no more than that.
 */
export class GatheredBody {
  readonly #pool: BufferPool;
  readonly #share: Share;
  readonly #overhead: number;
  readonly #announced: number;
  #buffer: Buffer | undefined;
  #length = 0;

  /**
   * @param announced Content-Length, if it was given
   * @param overhead what the request holds beside the body
   */
  constructor(pool: BufferPool, share: Share, announced = Number.POSITIVE_INFINITY, overhead = 0) {
    this.#pool = pool;
    this.#share = share;
    this.#announced = announced;
    this.#overhead = overhead;
  }

  get length(): number {
    return this.#length;
  }

  /** What was gathered; to be read until it is released. */
  get bytes(): Buffer {
    return this.#buffer?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  /** @throws Refusal when the budget is used up */
  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    const buffer = this.#buffer && length <= this.#buffer.length ? this.#buffer : this.#grow(length);
    chunk.copy(buffer, this.#length);
    this.#length = length;
  }

  /** Gives its memory back. */
  release(): void {
    if (this.#buffer) this.#pool.giveBack(this.#buffer);
    this.#buffer = undefined;
  }

  #grow(length: number): Buffer {
    const wanted = this.#announced >= length ? Math.min(2 * length, this.#announced) : 2 * length;
    const buffer = this.#pool.take(wanted);
    try {
      this.#share.hold(this.#overhead + buffer.length);
    } catch (error) {
      this.#pool.giveBack(buffer);
      throw error;
    }
    this.#buffer?.copy(buffer, 0, 0, this.#length);
    this.release();
    this.#buffer = buffer;
    return buffer;
  }
}
