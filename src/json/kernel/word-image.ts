/** Grows an image of memory that will lie at `base`: 32-bit words, and texts that 16-byte loads may run over. */
export class WordImage {
  readonly #base: number;
  #bytes = new Uint8Array(1024);
  #used = 0;

  constructor(base: number) {
    this.#base = base;
  }

  /** The address of `count` words of zero. */
  reserve(count: number): number {
    return this.#take(4 * count);
  }

  /** The address of these words. */
  words(words: readonly number[]): number {
    const address = this.reserve(words.length);
    this.set(address, words);
    return address;
  }

  /** Writes words at an address reserved before. */
  set(address: number, words: readonly number[]): void {
    const view = new DataView(this.#bytes.buffer);
    words.forEach((word, index) => {
      view.setInt32(address - this.#base + 4 * index, word, true);
    });
  }

  /** The address of these bytes, padded with zeros. */
  text(bytes: Uint8Array): number {
    const address = this.#take(bytes.length + 16);
    this.#bytes.set(bytes, address - this.#base);
    return address;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#used);
  }

  #take(length: number): number {
    const at = this.#used;
    this.#used += (length + 15) & ~15;
    while (this.#used > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return this.#base + at;
  }
}
