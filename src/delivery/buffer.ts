import type { Work } from "../observe/health.ts";
import type { Log } from "../observe/log.ts";
import type { Block, Position, RawBatch } from "../plugin.ts";
import type { FileSystem } from "../store/file-system.ts";
import { FrameReader } from "../store/frame-reader.ts";
import { Segments } from "../store/segments.ts";
import { readPatiently } from "./patient-read.ts";
import { Tide } from "./tide.ts";

export interface SinkBufferOptions {
  /** The buffer's own; made where it is not there. */
  readonly folder: string;
  readonly fileSystem: FileSystem;
  readonly log: Log;
  /** The most bytes on the disk. */
  readonly maxBytes: number;
  /** Waits while the disk does not let it be read. */
  readonly reading: Work;
}

/** The partition of what every buffer holds. */
export const BUFFER_PARTITION = "buffer";

const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Files that `maxBytes` is parted into, at least: a file goes only as a whole. */
const LEAST_SEGMENTS = 4;

/**
 * What a sink has not taken yet, on the disk, so that it does not hold the other sinks: written at its end as a sink is, read
 * from its beginning as a source is, and deleted behind what the sink has for good. Positions are offsets of bytes that
 * it ever held.
 */
export class SinkBuffer {
  readonly maxBytes: number;
  readonly #segments: Segments;
  readonly #log: Log;
  readonly #reading: Work;
  readonly #grown = new Tide();
  #isFed = true;
  /** Nobody will read before this offset any more. */
  #released = 0;

  /** Opens the buffer and mends what a crash has left. @throws where the folder cannot be used */
  constructor({ folder, fileSystem, log, maxBytes, reading }: SinkBufferOptions) {
    this.maxBytes = maxBytes;
    this.#log = log;
    this.#reading = reading;
    this.#segments = Segments.open({
      folder,
      fileSystem,
      log,
      segmentBytes: Math.min(SEGMENT_BYTES, Math.ceil(maxBytes / LEAST_SEGMENTS)),
      isSyncedLater: true,
      torn: "cut off events that were not wholly written: they are read again",
    });
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.#segments.end;
  }

  /** Bytes that lie behind an offset. */
  bytesBehind(offset: number): number {
    return this.#segments.bytesBehind(offset);
  }

  /** Whether so many more bytes fit. A buffer that holds nothing takes even what is larger than the most it may have. */
  hasRoom(bytes: number): boolean {
    return this.#released >= this.end || this.bytes + bytes <= this.maxBytes;
  }

  /** Writes a frame at the end. @throws where the disk fails: then none of it is there */
  append(frame: readonly Uint8Array[]): void {
    try {
      this.#segments.write(frame);
    } catch (error) {
      this.#segments.revert();
      throw error;
    }
    this.#segments.publish();
    this.#grown.rise();
  }

  /** Takes back, durably, all from an offset on. Nobody may be reading. @throws where the disk fails */
  cut(offset: number): void {
    this.#segments.cut(offset);
  }

  /** Makes durable what was appended before the call. @throws where the disk fails */
  sync(): Promise<void> {
    return this.#segments.syncAll();
  }

  /** Says that nobody will read before this position any more: the files wholly before it are deleted. */
  release(position: Position): void {
    this.#released = Math.max(this.#released, position.offset);
    this.#segments.release(position.offset);
  }

  /**
   * Moves the end to where the sink stands, if that lies behind it: the folder was lost. What is appended from then on is not
   * taken for what was delivered before.
   */
  goOnBehind({ offset }: Position): void {
    if (offset <= this.end) return;
    const fields = { end: this.end, position: offset };
    this.#log.warn("the buffer ends before the position that was delivered: going on there", fields);
    this.#segments.continueAt(offset);
  }

  /** More may be appended: whoever reads waits for it. */
  beginInput(): void {
    this.#isFed = true;
  }

  /** Nothing more will be appended: whoever has read all is done. */
  endInput(): void {
    this.#isFed = false;
    this.#grown.rise();
  }

  /** Reads on from a position, from the oldest event where there is none. A frame is never given in parts. */
  async *read(
    resume: Position | undefined,
    block: (least: number) => Block,
    signal: AbortSignal,
  ): AsyncGenerator<RawBatch, void> {
    const reader = new FrameReader(this.#segments, this.#log, resume?.offset ?? this.#segments.first);
    try {
      while (!signal.aborted) {
        const tide = this.#grown.level;
        const run = await readPatiently(() => reader.next(roomFor(block)), this.#reading, signal);
        if (run) {
          const { bytes, offset, next } = run;
          const position = { offset: next };
          yield { bytes, offset, partition: BUFFER_PARTITION, position, behind: this.bytesBehind(next) };
        } else if (this.#isFed) await this.#grown.above(tide, signal);
        else if (this.#grown.level === tide) return;
      }
    } finally {
      reader.close();
    }
  }

  async close(): Promise<void> {
    this.#segments.close();
  }
}

/**
 * The window's block; for a frame that does not fit it, memory of its own: it is a batch that the window has less room for now, or
 * one event that was held so before.
 */
function roomFor(block: (least: number) => Block): (least: number) => Block {
  let isAskedAgain = false;
  return (least) => {
    const room = block(least);
    const isEnough = !isAskedAgain || room.end - room.start >= least;
    isAskedAgain = true;
    return isEnough ? room : { buffer: Buffer.allocUnsafeSlow(least), start: 0, end: least };
  };
}
