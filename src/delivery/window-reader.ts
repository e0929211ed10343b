import type { Block } from "../plugin.ts";
import type { EventRoom } from "./event-room.ts";
import type { Lease, UnreadLease } from "./lease.ts";

/** What a source reads into at once. */
export const BLOCK_BYTES = 1 << 21;

/** A block with less room than this left is read into no more. */
const LEAST_ROOM = 64 << 10;

/** What a reader asks of the window that it is a way into. Blocks are known by their numbers. */
export interface Blocks {
  take(): number | undefined;
  /** Whether nothing in the block is in use any more by any but the one reader that has it. */
  isAlone(block: number): boolean;
  hold(block: number): void;
  drop(block: number): void;
  start(block: number): number;
  /** Counts bytes as in flight; negative ones as settled. */
  count(bytes: number): void;
  isFull(): boolean;
  /** Whether this block, or a free one, may hold what nobody has read yet: half of the blocks do at most. */
  mayHoldUnread(block: number | undefined): boolean;
  holdUnread(block: number): void;
  markRead(block: number): void;
  wait(wake: () => void): void;
  /** Room for the events that are made before anybody reads them. */
  readonly eventsBeforehand: EventRoom;
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

  /**
   * The room that {@link room} or {@link hasRoom} found; another block where that has less than asked for, if one is free. What
   * needs more than one block in any case begins in what room there is, unless it would come in one more piece by that.
   */
  block(least = 0): Block {
    if (this.#block === undefined) throw new Error("a source took a block outside of next()");
    if (BLOCK_BYTES - this.#filled < firstPieceOf(least)) this.#takeAnother();
    const start = this.#blocks.start(this.#block);
    return { buffer: this.#buffer, start: start + this.#filled, end: start + BLOCK_BYTES };
  }

  /**
   * Room for so many bytes that are to wait for somebody to read them; undefined where there is none. They do in half of the
   * window's blocks at most, and there is none while they are too many events. Where all that was in the block is settled, it
   * is filled anew.
   */
  spare(bytes: number): Block | undefined {
    const hasRoom = () => this.#block !== undefined && BLOCK_BYTES - this.#filled >= bytes;
    if (this.#blocks.isFull() || this.#blocks.eventsBeforehand.isFull || bytes > BLOCK_BYTES) return undefined;
    if (this.#block !== undefined && !hasRoom() && this.#blocks.isAlone(this.#block)) this.#filled = 0;
    if (!this.#blocks.mayHoldUnread(hasRoom() ? this.#block : undefined)) return undefined;
    if (!hasRoom()) this.#takeAnother();
    return hasRoom() ? this.block() : undefined;
  }

  /** Counts what was put into {@link spare} room as in flight, and what its events take beside their bytes: it waits to be read. */
  leaseUnread(bytes: Uint8Array, eventBytes: number): UnreadLease {
    const held = this.#blocks.eventsBeforehand.hold(eventBytes);
    const lease = this.lease(bytes);
    const block = this.#block as number;
    this.#blocks.holdUnread(block);
    let isUnread = true;
    const read = () => {
      if (isUnread) this.#blocks.markRead(block);
      isUnread = false;
    };
    return {
      read,
      release: () => {
        read();
        held.release();
        lease.release();
      },
    };
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

  /** A block is given back for another only: whatever others hold, each source goes on once its own is settled. */
  #hasBlock(): boolean {
    if (this.#block !== undefined && BLOCK_BYTES - this.#filled >= LEAST_ROOM) return true;
    this.#filled = BLOCK_BYTES;
    this.#takeAnother();
    if (this.#block !== undefined && this.#blocks.isAlone(this.#block)) this.#filled = 0;
    return this.#filled === 0;
  }
}

/** The least room in which the first piece of so many bytes may lie, so that they come in as few pieces as there can be. */
function firstPieceOf(bytes: number): number {
  if (bytes <= BLOCK_BYTES) return bytes;
  // The others begin with what the one before them ended with: a line's part, and what shows that it is still the same file.
  return Math.min((bytes % BLOCK_BYTES) + LEAST_ROOM, BLOCK_BYTES);
}
