import type { ScannerMemory } from "../json/scanner.ts";
import { EventRoom } from "./event-room.ts";
import { BLOCK_BYTES, WindowReader } from "./window-reader.ts";

/**
 * The in-flight window: the one bound on what was read and is not yet settled by every sink. It is the scanner's memory,
 * cut into blocks: a source reads only when a block is free, so acknowledgement, backpressure and the memory bound
 * are one mechanism. Small reads share a block, which is free again when the last of them is. What events take beside their
 * bytes is at the most as much once more: with tiny ones, that is full long before the bytes are.
 */
export class Window {
  /** Room for the events that are made of what was read. */
  readonly events = new EventRoom(() => this.#limit);
  /** For those that were noted before anybody reads them, counted by itself: whoever does waits for nobody. */
  readonly #eventsBeforehand = new EventRoom(() => this.#limit);
  readonly #buffer: Buffer;
  readonly #free: number[] = [];
  /** Blocks that are not in use before the window grows. */
  readonly #reserve: number[] = [];
  readonly #users: Uint32Array;
  /** How many leases in each block nobody has read yet. */
  readonly #unread: Uint32Array;
  #unreadBlocks = 0;
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
    this.#unread = new Uint32Array(most);
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
      isAlone: (block) => this.#users[block] === 1,
      hold: (block) => this.#hold(block),
      drop: (block) => this.#drop(block),
      start: (block) => this.#start + block * BLOCK_BYTES,
      count: (bytes) => {
        this.#inFlight += bytes;
        this.#wake();
      },
      isFull: () => this.#inFlight >= this.#limit,
      mayHoldUnread: (block) => this.#isUnread(block) || 2 * (this.#unreadBlocks + 1) * BLOCK_BYTES <= this.#limit,
      holdUnread: (block) => this.#holdUnread(block),
      markRead: (block) => this.#markRead(block),
      wait: (wake) => this.#waiting.push(wake),
      eventsBeforehand: this.#eventsBeforehand,
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

  #isUnread(block: number | undefined): boolean {
    return block !== undefined && (this.#unread[block] as number) > 0;
  }

  #holdUnread(block: number): void {
    if (!this.#isUnread(block)) this.#unreadBlocks++;
    this.#unread[block] = (this.#unread[block] as number) + 1;
  }

  #markRead(block: number): void {
    this.#unread[block] = (this.#unread[block] as number) - 1;
    if (!this.#isUnread(block)) this.#unreadBlocks--;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
