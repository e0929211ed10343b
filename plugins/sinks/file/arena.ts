const STEP = 2 ** 20;
const LARGEST_KEPT = 32 * STEP;

/** Memory that a batch is put together in, shared with the thread that writes it, and used again for the next. */
export class Arena {
  #memory = new SharedArrayBuffer(0);

  /** Room for so many bytes, with what the last batch left in it. A batch out of the ordinary has memory of its own. */
  room(byteLength: number): SharedArrayBuffer {
    if (byteLength > LARGEST_KEPT) return new SharedArrayBuffer(byteLength);
    if (byteLength > this.#memory.byteLength) {
      // A bit more, as batches are of about one size.
      this.#memory = new SharedArrayBuffer(Math.ceil((byteLength * 1.125) / STEP) * STEP);
    }
    return this.#memory;
  }
}
