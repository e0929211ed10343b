import type { ScannerMemory } from "../json/scanner.ts";
import type { Block } from "../plugin.ts";

/** What a source reads into at once. */
export const BLOCK_BYTES = 1 << 21;

/** A block with less room than this left is read into no more. */
const LEAST_ROOM = 64 << 10;

/** Bytes that were read and are not yet settled; they count until they are released. */
export interface Lease {
  release(): void;
}

/**
 * The in-flight window: the one bound on what was read and is not yet settled by every sink. It is the scanner's memory,
 * cut into blocks: a source reads only when a block is free, so acknowledgement, backpressure and the memory bound
 * are one mechanism. Small reads share a block, which is free again when the last of them is.
 */
export class Window {
  readonly #buffer: Buffer;
  readonly #free: number[] = [];
  /** Blocks that are not in use before the window grows. */
  readonly #reserve: number[] = [];
  readonly #users: Uint32Array;
  readonly #start: number;
  readonly #waiting: (() => void)[] = [];
  #limit: number;
  #inFlight = 0;

  /** `limit` is what the window has at first, in bytes; it can grow to all of the memory. */
  constructor(memory: ScannerMemory, limit = Number.POSITIVE_INFINITY) {
    const most = Math.floor((memory.end - memory.start) / BLOCK_BYTES);
    const count = Math.min(most, Math.floor(limit / BLOCK_BYTES));
    if (count < 1) throw new RangeError(`the in-flight window needs at least ${BLOCK_BYTES} bytes`);
    this.#limit = count * BLOCK_BYTES;
    this.#buffer = memory.buffer;
    this.#start = memory.start;
    this.#users = new Uint32Array(most);
    for (let index = most - 1; index >= count; index--) this.#reserve.push(index);
    for (let index = count - 1; index >= 0; index--) this.#free.push(index);
  }

  /** The most bytes that may be in flight at present. */
  get limit(): number {
    return this.#limit;
  }

  /** Has the window grow to so many bytes, as far as it can. For good: memory that was touched is not given back. */
  grow(bytes: number): void {
    while (this.#limit + BLOCK_BYTES <= bytes) {
      const block = this.#reserve.pop();
      if (block === undefined) return;
      this.#limit += BLOCK_BYTES;
      this.#free.push(block);
      this.#wake();
    }
  }

  /** Bytes read and not yet settled. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** A source's own way into the window. */
  reader(): WindowReader {
    return new WindowReader(this.#buffer, {
      take: () => this.#take(),
      hold: (block) => this.#hold(block),
      drop: (block) => this.#drop(block),
      start: (block) => this.#start + block * BLOCK_BYTES,
      count: (bytes) => {
        this.#inFlight += bytes;
        this.#wake();
      },
      isFull: () => this.#inFlight >= this.#limit,
      wait: (wake) => this.#waiting.push(wake),
    });
  }

  #take(): number | undefined {
    const block = this.#free.pop();
    if (block !== undefined) this.#users[block] = 1;
    return block;
  }

  #hold(block: number): void {
    this.#users[block] = (this.#users[block] as number) + 1;
  }

  #drop(block: number): void {
    this.#users[block] = (this.#users[block] as number) - 1;
    if (this.#users[block] === 0) {
      this.#free.push(block);
      this.#wake();
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

interface Blocks {
  take(): number | undefined;
  hold(block: number): void;
  drop(block: number): void;
  start(block: number): number;
  /** Counts bytes as in flight; negative ones as settled. */
  count(bytes: number): void;
  isFull(): boolean;
  wait(wake: () => void): void;
}

/** One source's reads: each fills the room of a block from where the last one ended. */
export class WindowReader {
  readonly #buffer: Buffer;
  readonly #blocks: Blocks;
  #block: number | undefined;
  #filled = 0;

  constructor(buffer: Buffer, blocks: Blocks) {
    this.#buffer = buffer;
    this.#blocks = blocks;
  }

  /** Returns true when there is room to read into, false when `signal` was aborted while waiting for it. */
  async room(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (this.hasRoom()) return true;
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener("abort", wake);
          resolve();
        };
        signal.addEventListener("abort", wake, { once: true });
        this.#blocks.wait(wake);
      });
    }
    return false;
  }

  /** Whether there is room to read into now; {@link block} is that room then. */
  hasRoom(): boolean {
    return !this.#blocks.isFull() && this.#hasBlock();
  }

  /** The room that {@link room} or {@link hasRoom} found; another block where that has less than asked for, if one is free. */
  block(least = 0): Block {
    if (this.#block === undefined) throw new Error("a source took a block outside of next()");
    if (BLOCK_BYTES - this.#filled < Math.min(least, BLOCK_BYTES)) this.#takeAnother();
    const start = this.#blocks.start(this.#block);
    return { buffer: this.#buffer, start: start + this.#filled, end: start + BLOCK_BYTES };
  }

  /** Counts what a read brought as in flight, whether it lies in the block or in memory of the source's own. */
  lease(bytes: Uint8Array): Lease {
    const block = this.#block;
    const isWithin = block !== undefined && bytes.buffer === this.#buffer.buffer;
    if (isWithin) {
      this.#filled = bytes.byteOffset + bytes.byteLength - this.#blocks.start(block);
      this.#blocks.hold(block);
    }
    const byteLength = bytes.byteLength;
    this.#blocks.count(byteLength);
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        this.#blocks.count(-byteLength);
        if (isWithin) this.#blocks.drop(block);
      },
    };
  }

  /** Gives back the block that was being read into. */
  close(): void {
    if (this.#block !== undefined) this.#blocks.drop(this.#block);
    this.#block = undefined;
  }

  #takeAnother(): void {
    const block = this.#blocks.take();
    if (block === undefined) return;
    this.close();
    this.#block = block;
    this.#filled = 0;
  }

  #hasBlock(): boolean {
    if (this.#block !== undefined && BLOCK_BYTES - this.#filled >= LEAST_ROOM) return true;
    this.close();
    this.#block = this.#blocks.take();
    this.#filled = 0;
    return this.#block !== undefined;
  }
}
