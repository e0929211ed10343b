/** Changes of a span of bytes, told in any order: each puts bytes, or nothing, in the place of others. */
export class Patch {
  /** A pair of offsets for each change, in the order of the bytes: an event has few. */
  readonly #spans: number[] = [];
  readonly #parts: (readonly Uint8Array[])[] = [];
  #growth = 0;

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Puts `parts`, one behind the other, in the place of `[from, to)`; false where that overlaps an earlier change. */
  replace(from: number, to: number, parts: readonly Uint8Array[]): boolean {
    const spans = this.#spans;
    let index = this.#parts.length;
    while (index > 0 && spans[2 * index - 2] > from) index--;
    if (index > 0 && spans[2 * index - 1] > from) return false;
    if (index === this.#parts.length) {
      spans.push(from, to);
      this.#parts.push(parts);
    } else {
      if (spans[2 * index] < to) return false;
      spans.splice(2 * index, 0, from, to);
      this.#parts.splice(index, 0, parts);
    }
    this.#growth -= to - from;
    for (const part of parts) this.#growth += part.length;
    return true;
  }

  /** A copy of `buffer[start, end)` with the changes, which lie in it. What goes is not copied. */
  apply(buffer: Buffer, start: number, end: number): Buffer {
    const result = Buffer.allocUnsafe(end - start + this.#growth);
    let at = start;
    let written = 0;
    for (let index = 0; index < this.#parts.length; index++) {
      const from = this.#spans[2 * index];
      if (from > at) written += buffer.copy(result, written, at, from);
      at = this.#spans[2 * index + 1];
      for (const part of this.#parts[index]) {
        result.set(part, written);
        written += part.length;
      }
    }
    buffer.copy(result, written, at, end);
    return result;
  }
}
