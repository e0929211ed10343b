const SHORTEST_CLASS = 14;
const LONGEST_CLASS = 20;
/** Memory that waits to be used again: enough for a few senders at full speed, and no more than a large body takes. */
const MOST_KEPT_BYTES = 2 << 20;

/** Buffers for bodies, used again: fresh memory for each request would keep the garbage collector at work. */
export class BufferPool {
  /** The free buffers of each size, a power of two. */
  readonly #free: Buffer[][] = Array.from({ length: LONGEST_CLASS + 1 }, () => []);
  #keptBytes = 0;

  /** A buffer of at least so many bytes, with whatever its last user left in it. */
  take(bytes: number): Buffer {
    const sizeClass = Math.max(SHORTEST_CLASS, 32 - Math.clz32(bytes - 1));
    const buffer = this.#free[sizeClass]?.pop();
    if (buffer) this.#keptBytes -= buffer.length;
    return buffer ?? Buffer.allocUnsafeSlow(sizeClass > LONGEST_CLASS ? bytes : 2 ** sizeClass);
  }

  /** Nobody may read the buffer any longer. */
  giveBack(buffer: Buffer): void {
    if (this.#keptBytes + buffer.length > MOST_KEPT_BYTES) return;
    this.#keptBytes += buffer.length;
    this.#free[31 - Math.clz32(buffer.length)]?.push(buffer);
  }
}
