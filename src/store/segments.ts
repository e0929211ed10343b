import type { Log } from "../observe/log.ts";
import type { FileSystem } from "./file-system.ts";
import { makeFolder, syncFolder, syncFolderSoon } from "./folders.ts";
import { mendTail, truncateSegment } from "./segment-end.ts";
import { deleteLeftovers, listSegments, type Segment, segmentPath } from "./segment-names.ts";
import { writeWhole } from "./whole-io.ts";

export interface SegmentsOptions {
  /** Made where it is not there. */
  readonly folder: string;
  readonly fileSystem: FileSystem;
  readonly log: Log;
  /** A segment that has this many bytes gets no more. */
  readonly segmentBytes: number;
  /** What is published need not be durable before: {@link Segments.syncAll} makes it so. */
  readonly isSyncedLater?: boolean;
  /** What is told where a last frame was never finished. */
  readonly torn?: string;
}

/** A segment of at least this many bytes, or this part of a full one, is left for a new one once all of it has been released. */
const WORTH_RELEASING = 1024 * 1024;
const WORTH_RELEASING_PART = 1 / 4;

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
  readonly #isSyncedLater: boolean;
  readonly #segments: Segment[];
  /** The segment that the last run left: it may be written on, until another is begun or a write to it failed. */
  #left: Segment | undefined;
  /** The last segment, while it is open for writing. */
  #descriptor: number | undefined;
  /** Segments that get no more bytes and are still to be synced. */
  #unsynced: number[] = [];
  /** Bytes behind the last segment's length that are written and not published. */
  #unpublished = 0;
  /** The last segment's name is not yet known to be durable. */
  #newborn = false;
  /** A file has the next segment's name, and is not one yet. */
  #adopting = false;
  /** Why the last release failed, while it does. */
  #unreleased: string | undefined;

  private constructor(options: SegmentsOptions, segments: Segment[]) {
    this.folder = options.folder;
    this.fileSystem = options.fileSystem;
    this.#log = options.log;
    this.#segmentBytes = options.segmentBytes;
    this.#isSyncedLater = options.isSyncedLater ?? false;
    this.#segments = segments;
  }

  /** Opens the folder: deletes what never arrived wholly, cuts off a last frame that was never finished. */
  static open(options: SegmentsOptions): Segments {
    const { folder, fileSystem } = options;
    makeFolder(fileSystem, folder, 0o700);
    deleteLeftovers(fileSystem, folder);
    const listed = listSegments(fileSystem, folder);
    const segments = new Segments(options, listed);
    segments.#left = listed.at(-1);
    if (segments.#left) mendTail(options, segments.#left);
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

  /** Fewer bytes than this may stay on the disk when all was released. */
  get mostLeft(): number {
    return Math.min(WORTH_RELEASING, this.#segmentBytes * WORTH_RELEASING_PART);
  }

  /** Bytes on the disk behind an offset. */
  bytesBehind(offset: number): number {
    const behind = (segment: Segment) =>
      Math.max(0, segment.offset + segment.length - Math.max(offset, segment.offset));
    return this.#segments.reduce((sum, segment) => sum + behind(segment), 0);
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
    if (this.#descriptor !== undefined && this.#unpublished > 0) await this.#sync(this.#descriptor);
  }

  /** Makes the last segment's name durable, and with it the offset that it begins at. @throws where the disk fails: as above */
  async syncName(): Promise<void> {
    if (!this.#newborn) return;
    await syncFolderSoon(this.fileSystem, this.folder);
    this.#newborn = false;
  }

  /** Makes durable all that was published before the call. @throws where the disk fails: then none of it is to be believed */
  async syncAll(): Promise<void> {
    const sealed = this.#unsynced;
    this.#unsynced = [];
    try {
      for (const descriptor of sealed) await this.#sync(descriptor);
      if (this.#descriptor !== undefined) await this.#sync(this.#descriptor);
      await this.syncName();
    } finally {
      for (const descriptor of sealed) this.fileSystem.closeSync(descriptor);
    }
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

  /**
   * Makes a whole file of frames in this folder the next segment, and publishes it. Nothing may be written meanwhile.
   * @throws where the disk fails
   */
  async adopt(path: string, length: number): Promise<void> {
    const offset = this.end;
    const target = segmentPath(this.folder, offset);
    this.#seal();
    this.fileSystem.renameSync(path, target);
    this.#adopting = true;
    try {
      await syncFolderSoon(this.fileSystem, this.folder);
    } catch (error) {
      this.fileSystem.rmSync(target, { force: true });
      throw error;
    } finally {
      this.#adopting = false;
    }
    this.#newborn = false;
    this.#push({ offset, path: target, length });
  }

  /** Deletes the segments that lie wholly before an offset. A disk that does not let it is told, and asked again next time. */
  release(offset: number): void {
    try {
      this.#release(offset);
      this.#unreleased = undefined;
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      if (code !== this.#unreleased) {
        this.#log.error("cannot delete what was delivered from the journal: tries again", {
          folder: this.folder,
          code,
        });
      }
      this.#unreleased = code;
    }
  }

  /** Takes back, durably, all from an offset on at which a frame begins. Nobody may be reading. @throws where the disk fails */
  cut(offset: number): void {
    if (offset >= this.end) return;
    this.#seal();
    for (let last = this.#segments.at(-1); last && last.offset > offset; last = this.#segments.at(-1)) {
      this.fileSystem.rmSync(last.path, { force: true });
      this.#segments.pop();
    }
    const last = this.#segments.at(-1);
    if (last) truncateSegment(this.fileSystem, last, Math.max(0, offset - last.offset));
    syncFolder(this.fileSystem, this.folder);
  }

  /** Begins a new segment at an offset that is not before the end. */
  continueAt(offset: number): void {
    this.#seal();
    this.#begin(offset);
  }

  close(): void {
    this.#seal();
    for (const descriptor of this.#unsynced.splice(0)) this.fileSystem.closeSync(descriptor);
  }

  async #sync(descriptor: number): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      this.fileSystem.fdatasync(descriptor, (error) => (error ? reject(error) : resolve())),
    );
  }

  #release(offset: number): void {
    const last = this.#segments.at(-1);
    const worth = this.mostLeft;
    const isIdle = this.#unpublished === 0 && !this.#adopting;
    if (last && offset >= this.end && last.length >= worth && isIdle) this.continueAt(this.end);
    while (this.#segments.length > 1 && this.#segments[1].offset <= offset) {
      // The next start learns from the last segment's name where to go on.
      if (this.#newborn) syncFolder(this.fileSystem, this.folder);
      this.#newborn = false;
      const [segment] = this.#segments;
      this.fileSystem.rmSync(segment.path, { force: true });
      this.#segments.shift();
    }
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
    // A file of this name holds nothing that was ever published; after a failed sync its pages would not be believed.
    this.fileSystem.rmSync(path, { force: true });
    this.#descriptor = this.fileSystem.openSync(path, "wx+", 0o600);
    this.#newborn = true;
    return this.#push({ offset, path, length: 0 });
  }

  /** Adds a segment, in place of an empty one of the same name. */
  #push(segment: Segment): Segment {
    if (this.#segments.at(-1)?.offset === segment.offset) this.#segments.pop();
    this.#segments.push(segment);
    return segment;
  }

  #seal(): void {
    this.#left = undefined;
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (this.#isSyncedLater) {
      this.#unsynced.push(descriptor);
      return;
    }
    try {
      this.fileSystem.closeSync(descriptor);
    } catch (error) {
      // It is closed all the same, and readers may have what is in it: whoever sent that is not to send it again.
      this.#log.warn("cannot close a segment properly", { folder: this.folder, error: String(error) });
    }
  }
}
