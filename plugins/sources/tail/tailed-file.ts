import type { Block, FileSystem, Json, Position, RawBatch, SourceContext } from "../../../src/plugin.ts";
import { type Fingerprint, isEnough, takeFingerprint } from "./fingerprint.ts";

const LINE_END = 0x0a;

/** Where reading begins in a file. */
export interface Place {
  readonly offset: number;
  /** The offset lies within a line, whose rest is passed over. */
  readonly skipsLine: boolean;
}

/** Where the record says that reading goes on; at the beginning where it says nothing. */
export const placeOf = (known: Position | undefined): Place => ({
  offset: known?.offset ?? 0,
  skipsLine: (known?.detail as { skips_line?: Json } | null | undefined)?.skips_line === true,
});

/** One open file and how far its lines have been read. */
export class TailedFile {
  readonly partition: string;
  readonly device: number;
  readonly inode: number;
  path: string;
  /** It was renamed to where no glob finds it, or removed: it is read until it is quiet, then finished. */
  isRetired = false;
  readonly #file: number;
  readonly #context: SourceContext;
  /** Where the next line begins. */
  #offset: number;
  /** There is no line end between `#offset` and here. */
  #searched: number;
  #skipsLine: boolean;
  #fingerprint: Fingerprint | undefined;
  #changedAt = performance.now();
  #size = 0;

  constructor(
    file: number,
    identity: { partition: string; device: number; inode: number; path: string },
    { offset, skipsLine }: Place,
    context: SourceContext,
  ) {
    this.#file = file;
    this.partition = identity.partition;
    this.device = identity.device;
    this.inode = identity.inode;
    this.path = identity.path;
    this.#offset = offset;
    this.#searched = offset;
    this.#skipsLine = skipsLine;
    this.#context = context;
  }

  get position(): Position {
    if (!isEnough(this.#fingerprint, this.#offset)) {
      this.#fingerprint = takeFingerprint(this.#fileSystem, this.#file, this.#offset);
    }
    const { length, hash } = this.#fingerprint;
    const detail = { path: this.path, fingerprint: { length, hash }, ...(this.#skipsLine && { skips_line: true }) };
    return { offset: this.#offset, detail: detail satisfies Json };
  }

  /** Whether there are bytes that were not looked at yet. */
  hasMore(): boolean {
    return this.#measure() > this.#searched;
  }

  /** Whether the file has become shorter than what was read of it. */
  wasTruncated(): boolean {
    return this.#measure() < this.#searched;
  }

  isQuietFor(milliseconds: number): boolean {
    return performance.now() - this.#changedAt >= milliseconds;
  }

  /** Moves to the beginning of the first line behind what is there now. */
  skipToEnd(): void {
    const size = this.#measure();
    const last = Buffer.alloc(1);
    const endsInLine = size === 0 || (this.#readAt(last, 0, 1, size - 1) === 1 && last[0] === LINE_END);
    this.#offset = size;
    this.#searched = size;
    this.#skipsLine = !endsInLine;
  }

  /** Reads whole lines into the block; undefined while a line has no end yet. */
  async read(block: Block): Promise<RawBatch | undefined> {
    if (this.#searched > this.#offset || this.#skipsLine) return this.#readLongLine(block);
    const count = await this.#readBlock(block);
    if (count === 0) return undefined;
    const bytes = block.buffer.subarray(block.start, block.start + count);
    const end = bytes.lastIndexOf(LINE_END) + 1;
    if (end === 0) {
      this.#searched = this.#offset + count;
      return undefined;
    }
    const batch = { bytes: bytes.subarray(0, end), offset: this.#offset };
    return this.#batch(batch.bytes, batch.offset, batch.offset + end);
  }

  /**
   * What stands behind the last line end, at the end of the input: taken if it is a whole event. Otherwise it is left,
   * with a warning; or refused, where nobody will ever write its rest (`isFinal`).
   */
  readRest(isFinal: boolean): RawBatch | undefined {
    const length = this.#measure() - this.#offset;
    if (length <= 0) return undefined;
    const offset = this.#offset;
    if (!this.#skipsLine && length <= this.#context.maxEventBytes) {
      const bytes = Buffer.alloc(length + 1, LINE_END);
      if (this.#readAt(bytes, 0, length, offset) < length) return undefined;
      if (this.#isWhole(bytes.subarray(0, length))) return this.#batch(bytes, offset, offset + length);
    }
    if (isFinal) return this.#refuse(offset, length, "the file ended within a line, and its rest never came");
    this.#context.log.warn("the last line has no end and is no whole event: it is left for the next run", {
      path: this.path,
      offset,
      bytes: length,
    });
    return undefined;
  }

  close(): void {
    this.#fileSystem.closeSync(this.#file);
  }

  get #fileSystem(): FileSystem {
    return this.#context.fileSystem;
  }

  /** A line that did not end within a block: its end is looked for first, then all of it is read at once. */
  #readLongLine(block: Block): RawBatch | undefined {
    const end = this.#findLineEnd(block);
    if (end === undefined) return undefined;
    const offset = this.#offset;
    const length = end - offset;
    if (this.#skipsLine) {
      this.#skipsLine = false;
      return this.#batch(new Uint8Array(0), offset, end);
    }
    if (length - 1 > this.#context.maxEventBytes) {
      return this.#refuse(offset, length, `longer than max_event_bytes (${this.#context.maxEventBytes})`);
    }
    const bytes =
      length <= block.end - block.start
        ? block.buffer.subarray(block.start, block.start + length)
        : Buffer.allocUnsafe(length);
    // The file may have been cut short since its line end was found.
    if (this.#readAt(bytes, 0, length, offset) < length) return undefined;
    return this.#batch(bytes, offset, end);
  }

  /** The offset behind the line's end; undefined while there is none. Uses the block as scratch: memory stays bounded. */
  #findLineEnd({ buffer, start, end }: Block): number | undefined {
    const scratch = buffer.subarray(start, end);
    for (;;) {
      const count = this.#readAt(scratch, 0, scratch.length, this.#searched);
      if (count === 0) return undefined;
      const found = scratch.subarray(0, count).indexOf(LINE_END);
      if (found >= 0) return this.#searched + found + 1;
      this.#searched += count;
    }
  }

  #refuse(offset: number, byteLength: number, reason: string): RawBatch {
    const batch = this.#batch(new Uint8Array(0), offset, offset + byteLength);
    return { ...batch, refused: [{ offset, byteLength, reason }] };
  }

  #batch(bytes: Uint8Array, offset: number, end: number): RawBatch {
    this.#offset = end;
    this.#searched = end;
    const { partition, path, position } = this;
    return { bytes, partition, offset, position, path, behind: Math.max(0, this.#size - end) };
  }

  #isWhole(line: Buffer): boolean {
    if (this.#context.decode === "text") return true;
    try {
      const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line)) as unknown;
      return typeof value === "object" && value !== null && !Array.isArray(value);
    } catch {
      return false;
    }
  }

  #measure(): number {
    const { size } = this.#fileSystem.fstatSync(this.#file);
    if (size !== this.#size) {
      this.#size = size;
      this.#changedAt = performance.now();
    }
    return size;
  }

  #readBlock({ buffer, start, end }: Block): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#fileSystem.read(this.#file, buffer, start, end - start, this.#offset, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
  }

  #readAt(target: Buffer, from: number, length: number, offset: number): number {
    let filled = 0;
    while (filled < length) {
      const count = this.#fileSystem.readSync(this.#file, target, from + filled, length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }
}
