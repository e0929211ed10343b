import type { FileSystem } from "./file-system.ts";
import { decodePrefix, MAGIC, PREFIX_BYTES, type Prefix } from "./frame.ts";
import { readWhole } from "./whole-io.ts";

const WINDOW_BYTES = 64 * 1024;

/** Finds the frames of one file, from prefix to prefix, in little memory. Offsets count from the file's first byte. */
export class FrameSearch {
  readonly #fileSystem: Pick<FileSystem, "readSync">;
  readonly #descriptor: number;
  readonly #length: number;
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #from = 0;
  #to = 0;

  constructor(fileSystem: Pick<FileSystem, "readSync">, descriptor: number, length: number) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#length = length;
  }

  /** The prefix at an offset, or undefined where none is sound. Its frame may reach beyond the file's end. */
  prefixAt(offset: number): Prefix | undefined {
    this.#show(offset, PREFIX_BYTES);
    return decodePrefix(this.#window, offset - this.#from, this.#to - this.#from);
  }

  /** The first offset from `start` on where a sound prefix lies; the file's length where there is none. */
  nextPrefix(start: number): number {
    let at = start;
    while (at < this.#length) {
      this.#show(at, PREFIX_BYTES);
      const found = this.#window.subarray(0, this.#to - this.#from).indexOf(MAGIC, at - this.#from);
      if (found < 0) {
        if (this.#to === this.#length) break;
        at = Math.max(at + 1, this.#to - MAGIC.length + 1);
      } else {
        at = this.#from + found;
        if (this.prefixAt(at)) return at;
        at++;
      }
    }
    return this.#length;
  }

  /** Where the frame begins that holds the byte at `offset`; `offset` itself where damage hides it. */
  frameOf(offset: number): number {
    let at = 0;
    while (at < offset) {
      const prefix = this.prefixAt(at);
      const next = prefix ? at + prefix.frameBytes : this.nextPrefix(at + 1);
      if (next > offset) return prefix ? at : offset;
      at = next;
    }
    return at;
  }

  /**
   * Where the last whole frame ends. What lies behind it is the beginning of one that was never finished (`torn`), or
   * something else that is no frame; damage before it is passed over.
   */
  tail(): { readonly end: number; readonly torn: boolean } {
    let at = 0;
    while (at < this.#length) {
      const prefix = this.prefixAt(at);
      if (prefix && at + prefix.frameBytes > this.#length) return { end: at, torn: true };
      if (prefix) {
        at += prefix.frameBytes;
      } else {
        const next = this.nextPrefix(at + 1);
        if (next === this.#length) return { end: at, torn: this.#beginsPrefix(at) };
        at = next;
      }
    }
    return { end: at, torn: false };
  }

  #beginsPrefix(at: number): boolean {
    const length = this.#length - at;
    if (length >= PREFIX_BYTES) return false;
    const shown = Math.min(length, MAGIC.length);
    this.#show(at, length);
    return this.#window.compare(MAGIC, 0, shown, at - this.#from, at - this.#from + shown) === 0;
  }

  /** Brings `[offset, offset + length)` into the window, as far as the file has it. */
  #show(offset: number, length: number): void {
    const end = Math.min(offset + length, this.#length);
    if (offset >= this.#from && end <= this.#to) return;
    const room = Math.min(WINDOW_BYTES, this.#length - offset);
    this.#from = offset;
    this.#to = offset + readWhole(this.#fileSystem, this.#descriptor, this.#window, 0, Math.max(0, room), offset);
  }
}
