const STEP = 2 ** 20;
const LARGEST_KEPT = 32 * STEP;

/** Memory that a batch is put together in, shared with the thread that writes it, and used again for the next. */
export class Arena {
  readonly #usual: number;
  #memory = new SharedArrayBuffer(0);
  #bytes = Buffer.from(this.#memory);

  /** `usual` is what a full batch takes, in bytes: room for it is made at once, as growing there in steps leaves garbage. */
  constructor(usual: number) {
    this.#usual = usual;
  }

  /** Room for so many bytes, with what the last batch left in it. A batch out of the ordinary has memory of its own. */
  room(byteLength: number): Buffer<SharedArrayBuffer> {
    if (byteLength > LARGEST_KEPT) return Buffer.from(new SharedArrayBuffer(byteLength));
    if (byteLength > this.#memory.byteLength) {
      // A bit more, as batches are of about one size. What nobody writes to, the system does not provide.
      const length = Math.max(this.#usual, Math.ceil((byteLength * 1.125) / STEP) * STEP);
      this.#memory = new SharedArrayBuffer(length);
      this.#bytes = Buffer.from(this.#memory);
    }
    return this.#bytes;
  }
}
