import type { Stats } from "node:fs";
import type { Block, Position, RawBatch, SourceContext } from "../../../src/plugin.ts";
import type { Clock } from "./clock.ts";
import { type FileIdentity, identityOf } from "./file-identity.ts";
import { type FileRecord, positionOf } from "./file-record.ts";
import { Trail } from "./fingerprint.ts";
import type { FileState, LogFile } from "./log-file.ts";
import { openAt, readAt } from "./open-file.ts";
import { stampOf } from "./quiet-files.ts";
import { isWholeEvent } from "./whole-event.ts";

const LINE_END = 0x0a;
/** A block with less room has none to spare. */
const LEAST_WITH_OVERLAP = 64 << 10;
/** What is read beyond this is worked on where it lies. */
const FEW_BYTES = 64 << 10;

/** As many bytes of the beginning as a file is compared with others by at first. */
export const LEAD_BYTES = 64;

/** What a file needs from the source that it belongs to. */
export interface Surroundings {
  readonly context: SourceContext;
  readonly clock: Clock;
}

/** One open file and how far its lines have been read. */
export class TailedFile implements LogFile {
  readonly partition: string;
  path: string;
  isRetired = false;
  readonly #descriptor: number;
  readonly #context: SourceContext;
  readonly #clock: Clock;
  /** All links followed. */
  #home: string;
  #identity: FileIdentity;
  /** Where the next line begins. */
  #offset: number;
  /** There is no line end between `#offset` and here. */
  #searched: number;
  #skipsLine: boolean;
  /** What was read right before `#offset`: compared each time reading goes on, as the file may be another by then. */
  readonly #trail: Trail;
  #size = 0;
  #modified = 0;
  #isCut = false;
  #lead = "";
  /** What the file held when it was found. */
  #goal: number;
  #changedAt: number;

  private constructor(
    descriptor: number,
    stats: Stats,
    place: { readonly partition: string; readonly home: string; readonly path: string; readonly skipsLine: boolean },
    { offset, trail }: { offset: number; trail: Trail },
    { context, clock }: Surroundings,
  ) {
    this.#descriptor = descriptor;
    this.#context = context;
    this.#clock = clock;
    this.partition = place.partition;
    this.#home = place.home;
    this.path = place.path;
    this.#skipsLine = place.skipsLine;
    this.#identity = identityOf(stats);
    this.#offset = offset;
    this.#searched = offset;
    this.#trail = trail;
    this.#goal = stats.size;
    this.#changedAt = clock.now();
    this.#see(stats);
  }

  /** Begins to read an open file from its beginning. */
  static begin(
    { descriptor, stats }: { readonly descriptor: number; readonly stats: Stats },
    place: { readonly partition: string; readonly home: string; readonly path: string },
    surroundings: Surroundings,
  ): TailedFile {
    const start = { offset: 0, trail: new Trail() };
    return new TailedFile(descriptor, stats, { ...place, skipsLine: false }, start, surroundings);
  }

  /** Opens the file at a path where a record says; undefined where that is not the content which the record is about. */
  static resume(
    record: FileRecord,
    place: { readonly home: string; readonly path: string },
    surroundings: Surroundings,
  ): TailedFile | undefined {
    const { fileSystem } = surroundings.context;
    const { partition, offset, fingerprint, skipsLine } = record;
    const descriptor = openAt(fileSystem, place.home);
    try {
      const stats = fileSystem.fstatSync(descriptor);
      const trail = Trail.at(offset, (at, length) => readAt(fileSystem, descriptor, at, length));
      if (stats.isFile() && stats.size >= offset && (!fingerprint || trail.matches(fingerprint))) {
        return new TailedFile(descriptor, stats, { partition, skipsLine, ...place }, { offset, trail }, surroundings);
      }
    } catch (error) {
      fileSystem.closeSync(descriptor);
      throw error;
    }
    fileSystem.closeSync(descriptor);
    return undefined;
  }

  get record(): FileRecord {
    return {
      partition: this.partition,
      offset: this.#offset,
      identity: this.#identity,
      path: this.#home,
      fingerprint: this.#trail.fingerprint,
      skipsLine: this.#skipsLine,
    };
  }

  get position(): Position {
    return positionOf(this.record);
  }

  get stamp(): string {
    return stampOf({ size: this.#size, mtimeMs: this.#modified });
  }

  get bytes(): number {
    return this.#context.fileSystem.fstatSync(this.#descriptor).size;
  }

  get isBehind(): boolean {
    return this.#searched < this.#goal;
  }

  /** The first bytes of the file: see {@link LEAD_BYTES}. */
  get lead(): string {
    if (this.#lead.length < LEAD_BYTES) this.#lead = this.bytesAt(0, LEAD_BYTES).toString("latin1");
    return this.#lead;
  }

  moveTo(path: string, home: string): void {
    this.path = path;
    this.#home = home;
  }

  goBefore(): void {
    this.#goal = this.#size;
  }

  giveWay(): void {
    this.#goal = 0;
  }

  look(): FileState {
    const stats = this.#context.fileSystem.fstatSync(this.#descriptor);
    const isTouched = stats.mtimeMs !== this.#modified || stats.size !== this.#size;
    this.#see(stats);
    if (this.#isCut || stats.size < this.#offset) return "cut";
    if (stats.size > this.#searched) return "grown";
    // What is behind the last line end may have been taken back.
    this.#searched = Math.min(this.#searched, stats.size);
    return isTouched && !this.#isAsRead() ? "cut" : "still";
  }

  isQuietFor(milliseconds: number): boolean {
    return this.#clock.now() - this.#changedAt >= milliseconds;
  }

  /** Reads the bytes at an offset: fewer where the file ends. */
  bytesAt(offset: number, length: number): Buffer {
    return readAt(this.#context.fileSystem, this.#descriptor, offset, length);
  }

  /** Goes to the beginning of the first line behind what is there now. */
  skipToEnd(): void {
    const size = this.#size;
    this.#skipsLine = size > 0 && this.bytesAt(size - 1, 1)[0] !== LINE_END;
    this.#goTo(size);
  }

  async read(block: Block): Promise<RawBatch | undefined> {
    if (this.#searched > this.#offset || this.#skipsLine) return this.#readLongLine(block);
    const { last } = this.#trail;
    const { buffer, start, end: room } = block;
    // What was read last is read again with what follows it: so it is known to follow.
    const overlap = room - start < LEAST_WITH_OVERLAP ? 0 : last.length;
    const count = await this.#readBlock(block, this.#offset - overlap);
    const isSame = overlap === 0 ? this.#isAsRead() : last.compare(buffer, start, start + overlap) === 0;
    if (count < overlap || !isSame) {
      this.#isCut = true;
      return undefined;
    }
    let from = start + overlap;
    const length = count - overlap;
    if (length < FEW_BYTES) {
      buffer.copyWithin(start, from, from + length);
      from = start;
    }
    const bytes = buffer.subarray(from, from + length);
    const end = bytes.lastIndexOf(LINE_END) + 1;
    if (end === 0) {
      this.#searched = this.#offset + length;
      return undefined;
    }
    return this.#batch(bytes.subarray(0, end), this.#offset + end);
  }

  readRest(isFinal: boolean): RawBatch | undefined {
    const length = this.#size - this.#offset;
    if (length <= 0) return undefined;
    const offset = this.#offset;
    if (!this.#skipsLine && length <= this.#context.maxEventBytes) {
      const line = this.bytesAt(offset, length);
      if (line.length < length) return undefined;
      if (isWholeEvent(line, this.#context.decode)) {
        return this.#batch(Buffer.concat([line, Buffer.of(LINE_END)]), offset + length);
      }
    }
    if (this.#skipsLine && isFinal) return this.#passOver(offset + length);
    if (isFinal) {
      this.#context.count("unfinished_lines");
      this.#context.log.warn("the file ended within a line: what there is of it is refused", {
        path: this.path,
        offset,
        bytes: length,
      });
      return this.#refuse(length, "the file ended within a line, and its rest never came");
    }
    this.#context.log.warn("the last line has no end and is no whole event: it is left for the next run", {
      path: this.path,
      offset,
      bytes: length,
    });
    return undefined;
  }

  /** Gives up the file, which stays open: for what its next generation is to be. */
  release(): { readonly descriptor: number; readonly stats: Stats } {
    return { descriptor: this.#descriptor, stats: this.#context.fileSystem.fstatSync(this.#descriptor) };
  }

  close(): void {
    this.#context.fileSystem.closeSync(this.#descriptor);
  }

  #see(stats: Stats): void {
    if (stats.size !== this.#size || stats.mtimeMs !== this.#modified) this.#changedAt = this.#clock.now();
    this.#size = stats.size;
    this.#modified = stats.mtimeMs;
    if (this.#identity.birth === undefined) this.#identity = identityOf(stats);
  }

  #isAsRead(): boolean {
    const { last } = this.#trail;
    return this.bytesAt(this.#offset - last.length, last.length).equals(last);
  }

  /** A line that did not end within a block: its end is looked for first, then all of it is read at once. */
  #readLongLine(block: Block): RawBatch | undefined {
    if (!this.#isAsRead()) {
      this.#isCut = true;
      return undefined;
    }
    const end = this.#findLineEnd(block);
    if (end === undefined) return undefined;
    const length = end - this.#offset;
    if (this.#skipsLine) return this.#passOver(end);
    const { maxEventBytes } = this.#context;
    if (length - 1 > maxEventBytes) return this.#refuse(length, `longer than max_event_bytes (${maxEventBytes})`);
    const bytes = this.bytesAt(this.#offset, length);
    // The file may have been cut short since its line end was found.
    return bytes.length < length ? undefined : this.#batch(bytes, end);
  }

  /** The offset behind the line's end; undefined while there is none. Uses the block as scratch: memory stays bounded. */
  #findLineEnd({ buffer, start, end }: Block): number | undefined {
    for (;;) {
      const count = this.#context.fileSystem.readSync(this.#descriptor, buffer, start, end - start, this.#searched);
      if (count === 0) return undefined;
      const found = buffer.subarray(start, start + count).indexOf(LINE_END);
      if (found >= 0) return this.#searched + found + 1;
      this.#searched += count;
    }
  }

  #refuse(byteLength: number, reason: string): RawBatch {
    const offset = this.#offset;
    this.#goTo(offset + byteLength);
    return { ...this.#brought(new Uint8Array(0), offset), refused: [{ offset, byteLength, reason }] };
  }

  #passOver(end: number): RawBatch {
    const offset = this.#offset;
    this.#skipsLine = false;
    this.#goTo(end);
    return this.#brought(new Uint8Array(0), offset);
  }

  #batch(bytes: Uint8Array, end: number): RawBatch {
    const offset = this.#offset;
    this.#offset = end;
    this.#searched = end;
    this.#trail.append(bytes.subarray(0, end - offset));
    return this.#brought(bytes, offset);
  }

  #goTo(offset: number): void {
    this.#trail.passTo(offset, (at, length) => this.bytesAt(at, length));
    this.#offset = offset;
    this.#searched = offset;
  }

  #brought(bytes: Uint8Array, offset: number): RawBatch {
    const { partition, path, position } = this;
    return { bytes, partition, offset, position, path, behind: Math.max(0, this.#size - this.#offset) };
  }

  #readBlock({ buffer, start, end }: Block, offset: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#context.fileSystem.read(this.#descriptor, buffer, start, end - start, offset, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
  }
}
