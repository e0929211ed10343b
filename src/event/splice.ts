/** What is left out of a buffer, from its beginning to its end, and what is put in behind it. */
export class Splice {
  // Pairs of offsets, no objects: an event may be made to need millions.
  readonly #cuts: number[] = [];
  #removed = 0;
  #insertion: Uint8Array | undefined;

  /** Leaves out `[start, end)`, which begins no earlier than the cut before it ended. */
  cut(start: number, end: number): void {
    const last = this.#cuts.length - 1;
    if (this.#cuts[last] === start) this.#cuts[last] = end;
    else this.#cuts.push(start, end);
    this.#removed += end - start;
  }

  /** Puts `bytes` in the place of `[start, end)`, behind all cuts. */
  replace(start: number, end: number, bytes: Uint8Array): void {
    this.#cuts.push(start, end);
    this.#removed += end - start;
    this.#insertion = bytes;
  }

  /** A new buffer; the same one where nothing changes. */
  apply(buffer: Buffer): Buffer {
    const cuts = this.#cuts;
    if (cuts.length === 0) return buffer;
    const result = Buffer.allocUnsafe(buffer.length - this.#removed + (this.#insertion?.length ?? 0));
    let from = 0;
    let to = 0;
    for (let index = 0; index < cuts.length; index += 2) {
      to += buffer.copy(result, to, from, cuts[index]);
      from = cuts[index + 1];
    }
    if (this.#insertion) {
      result.set(this.#insertion, to);
      to += this.#insertion.length;
    }
    buffer.copy(result, to, from);
    return result;
  }
}
