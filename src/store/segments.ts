import { dirname } from "node:path";
import type { Log } from "../observe/log.ts";
import type { FileSystem } from "./file-system.ts";
import { FrameSearch } from "./frame-search.ts";
import { damagedName, deleteLeftovers, listSegments, type Segment, segmentPath } from "./segment-names.ts";
import { setAside } from "./set-aside.ts";
import { writeWhole } from "./whole-io.ts";

export interface SegmentsOptions {
  /** Made where it is not there. */
  readonly folder: string;
  readonly fileSystem: FileSystem;
  readonly log: Log;
  /** A segment that has this many bytes gets no more. */
  readonly segmentBytes: number;
}

/** A segment of at least this many bytes is left for a new one once all of it has been released. */
const WORTH_RELEASING = 1024 * 1024;

/**
 * A log on the disk that is written at its end and deleted from its beginning, in files of frames. What is written is
 * seen by readers once it is published: in between, the caller makes it durable, or takes it back.
 *
 * The last segment always stays, even empty: its name is how the next start knows the offset to go on from.
 */
export class Segments {
  readonly folder: string;
  readonly fileSystem: FileSystem;
  readonly #log: Log;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  /** The segment that the last run left: it may be written on, until another is begun or a write to it failed. */
  #left: Segment | undefined;
  /** The last segment, while it is open for writing. */
  #descriptor: number | undefined;
  /** Bytes behind the last segment's length that are written and not published. */
  #unpublished = 0;
  /** The open segment's name is not yet known to be durable. */
  #newborn = false;

  private constructor(options: SegmentsOptions, segments: Segment[]) {
    this.folder = options.folder;
    this.fileSystem = options.fileSystem;
    this.#log = options.log;
    this.#segmentBytes = options.segmentBytes;
    this.#segments = segments;
  }

  /** Opens the folder: deletes what never arrived wholly, cuts off a last frame that was never finished. */
  static open(options: SegmentsOptions): Segments {
    const { folder, fileSystem } = options;
    fileSystem.mkdirSync(folder, { recursive: true, mode: 0o700 });
    deleteLeftovers(fileSystem, folder);
    const segments = new Segments(options, listSegments(fileSystem, folder));
    segments.#mendTail();
    return segments;
  }

  /** Offset of the oldest byte that is still there. */
  get first(): number {
    return this.#segments[0]?.offset ?? 0;
  }

  /** Offset behind the last byte that readers may have. */
  get end(): number {
    const last = this.#segments.at(-1);
    return last ? last.offset + last.length : 0;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.length, 0);
  }

  /** The segment that holds the byte at an offset, else the first one behind it. */
  find(offset: number): Segment | undefined {
    return this.#segments.find((segment) => segment.offset + segment.length > offset);
  }

  /** Writes frames at the end. They are seen once published. @throws where the disk fails: then {@link revert} */
  write(chunks: readonly Uint8Array[]): void {
    const last = this.#writable();
    this.#unpublished += writeWhole(
      this.fileSystem,
      this.#descriptor as number,
      chunks,
      last.length + this.#unpublished,
    );
  }

  /** Makes what was written durable. @throws where the disk fails: then {@link revert}, and never believe a second try */
  async sync(): Promise<void> {
    const descriptor = this.#descriptor;
    if (descriptor === undefined || this.#unpublished === 0) return;
    await new Promise<void>((resolve, reject) =>
      this.fileSystem.fdatasync(descriptor, (error) => (error ? reject(error) : resolve())),
    );
    if (this.#newborn) syncFolder(this.fileSystem, this.folder);
    this.#newborn = false;
  }

  /** Lets readers see what was written. */
  publish(): void {
    const last = this.#segments.at(-1);
    if (last) last.length += this.#unpublished;
    this.#unpublished = 0;
    if (last && last.length >= this.#segmentBytes) this.#seal();
  }

  /**
   * Takes back what was written and not published. The segment gets no more bytes: what the disk holds of it is not
   * known. The next segment's name says where it ends.
   */
  revert(): void {
    const last = this.#segments.at(-1);
    if (this.#descriptor === undefined || !last) return;
    try {
      this.fileSystem.ftruncateSync(this.#descriptor, last.length);
    } catch (error) {
      this.#log.warn("cannot cut off a failed write: it stays behind the segment's end", {
        path: last.path,
        error: String(error),
      });
    }
    this.#unpublished = 0;
    this.#seal();
  }

  /** Makes a whole file of frames in this folder the next segment, and publishes it. @throws where the disk fails */
  adopt(path: string, length: number, durable: boolean): void {
    const offset = this.end;
    const target = segmentPath(this.folder, offset);
    this.#seal();
    this.fileSystem.renameSync(path, target);
    try {
      if (durable) syncFolder(this.fileSystem, this.folder);
    } catch (error) {
      this.fileSystem.rmSync(target, { force: true });
      throw error;
    }
    if (this.#segments.at(-1)?.offset === offset) this.#segments.pop();
    this.#segments.push({ offset, path: target, length });
  }

  /** Deletes the segments that lie wholly before an offset. */
  release(offset: number): void {
    const last = this.#segments.at(-1);
    if (last && offset >= this.end && last.length >= WORTH_RELEASING && this.#unpublished === 0)
      this.continueAt(this.end);
    while (this.#segments.length > 1 && this.#segments[1].offset <= offset) {
      const [segment] = this.#segments;
      this.fileSystem.rmSync(segment.path, { force: true });
      this.#segments.shift();
    }
  }

  /** Begins a new segment at an offset that is not before the end. */
  continueAt(offset: number): void {
    this.#seal();
    this.#begin(offset);
  }

  close(): void {
    this.#seal();
  }

  #writable(): Segment {
    const last = this.#segments.at(-1);
    if (this.#descriptor !== undefined && last) return last;
    if (last && last === this.#left && last.length < this.#segmentBytes) {
      this.#descriptor = this.fileSystem.openSync(last.path, "r+");
      return last;
    }
    return this.#begin(this.end);
  }

  #begin(offset: number): Segment {
    const path = segmentPath(this.folder, offset);
    // A file of this name holds nothing that was ever published.
    this.#descriptor = this.fileSystem.openSync(path, "w+", 0o600);
    this.#newborn = true;
    if (this.#segments.at(-1)?.offset === offset) this.#segments.pop();
    const segment = { offset, path, length: 0 };
    this.#segments.push(segment);
    return segment;
  }

  #seal(): void {
    this.#left = undefined;
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    this.fileSystem.closeSync(descriptor);
  }

  #mendTail(): void {
    const last = this.#segments.at(-1);
    this.#left = last;
    if (!last || last.length === 0) return;
    const { fileSystem, folder } = this;
    const descriptor = fileSystem.openSync(last.path, "r+");
    try {
      const { end, torn } = new FrameSearch(fileSystem, descriptor, last.length).tail();
      if (end === last.length) return;
      const fields = { path: last.path, offset: last.offset + end, bytes: last.length - end };
      if (torn) {
        this.#log.warn(
          "cut off a request that was not wholly written: its sender was never told that it was accepted",
          fields,
        );
      } else {
        const copy = setAside(fileSystem, descriptor, end, last.length, folder, damagedName(last.offset + end));
        this.#log.error("the end of the journal is damaged: cut it off, and kept a copy", { ...fields, copy });
      }
      fileSystem.ftruncateSync(descriptor, end);
      fileSystem.fdatasyncSync(descriptor);
      last.length = end;
    } finally {
      fileSystem.closeSync(descriptor);
    }
  }
}

/** Makes the names in a folder durable, and the folder's own name. */
function syncFolder(fileSystem: FileSystem, folder: string): void {
  for (const path of [folder, dirname(folder)]) {
    const descriptor = fileSystem.openSync(path, "r");
    try {
      fileSystem.fsyncSync(descriptor);
    } finally {
      fileSystem.closeSync(descriptor);
    }
  }
}
