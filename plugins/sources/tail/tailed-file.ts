import type { Block, Position, RawBatch, SourceContext } from "../../../src/plugin.ts";
import { type FileRecord, positionOf } from "./file-record.ts";
import { type Beginning, beginningOf, beginsWith, LEAD_BYTES, SAMPLE_BYTES, Trail } from "./fingerprint.ts";
import { goesOnInHole, holeIn, tellHole } from "./hole.ts";
import type { FileState, LogFile, Place } from "./log-file.ts";
import { type OpenFile, stampOf } from "./open-file.ts";
import { isWholeEvent, tellUnfinished } from "./unfinished-line.ts";

const LINE_END = 0x0a;
/** A block with less room has none to spare. */
const LEAST_WITH_OVERLAP = 64 << 10;
/** What is read beyond this is worked on where it lies. */
const FEW_BYTES = 64 << 10;
/** What the window's blocks have: no read brings more. */
const MOST_IN_ONE_PIECE = 2 << 20;

/** Where reading begins, and what lies before. */
type Start = Pick<FileRecord, "offset" | "skipsLine" | "beginning"> & { readonly trail: Trail };

/** One open file and how far its lines have been read. */
export class TailedFile implements LogFile {
  readonly partition: string;
  path: string;
  isRetired = false;
  /** The open file: for what else is to be known of its bytes. */
  readonly file: OpenFile;
  readonly #context: SourceContext;
  #home: string;
  #offset: number;
  /** There is no line end between `#offset` and here. */
  #searched: number;
  #skipsLine: boolean;
  /** What was read right before `#offset`: compared each time reading goes on, as the file may be another by then. */
  readonly #trail: Trail;
  /** What the file begins with, as far as it was there before anything was read. */
  #beginning: Beginning | undefined;
  #isCut = false;
  #lead = "";
  /** What the file held when it was found. */
  #goal: number;

  private constructor(
    file: OpenFile,
    place: Place,
    { offset, trail, skipsLine, beginning }: Start,
    context: SourceContext,
  ) {
    this.file = file;
    this.#context = context;
    this.partition = place.partition;
    this.#home = place.home;
    this.path = place.path;
    this.#offset = offset;
    this.#searched = offset;
    this.#skipsLine = skipsLine;
    this.#trail = trail;
    this.#beginning = beginning;
    this.#goal = file.size;
  }

  /** Begins to read an open file from its beginning. */
  static begin(file: OpenFile, place: Place, context: SourceContext): TailedFile {
    return new TailedFile(file, place, { offset: 0, trail: new Trail(), skipsLine: false }, context);
  }

  /** Reads on where a record says; undefined, and the file closed, where it is not what the record is about. */
  static resume(file: OpenFile, place: Place, record: FileRecord, context: SourceContext): TailedFile | undefined {
    const { offset, fingerprint, beginning, skipsLine } = record;
    let isSame = false;
    try {
      const trail = Trail.at(offset, file.bytesAt);
      isSame = file.stats.isFile() && file.size >= offset && (!fingerprint || trail.matches(fingerprint));
      isSame &&= !beginning || beginsWith(file.bytesAt, beginning);
      return isSame ? new TailedFile(file, place, { offset, trail, skipsLine, beginning }, context) : undefined;
    } finally {
      if (!isSame) file.close();
    }
  }

  get record(): FileRecord {
    return {
      partition: this.partition,
      offset: this.#offset,
      identity: this.file.identity,
      path: this.#home,
      fingerprint: this.#trail.fingerprint,
      beginning: this.#offset === 0 ? this.#beginning : undefined,
      skipsLine: this.#skipsLine,
    };
  }

  get position(): Position {
    return positionOf(this.record);
  }

  get stamp(): string {
    return stampOf(this.file.stats);
  }

  /** Nothing was read of it, and there was nothing in it. */
  get isBlank(): boolean {
    return this.#goal === 0 && this.#offset === 0;
  }

  get bytes(): number {
    return this.file.sizeNow;
  }

  get waiting(): number {
    const bytes = Math.max(0, this.file.size - this.#offset) + this.#trail.last.length;
    // A read that filled its block has left the room that a part of a line took: there it would not end again.
    return this.#offset === 0 ? bytes : Math.min(bytes, MOST_IN_ONE_PIECE);
  }

  get isBehind(): boolean {
    return this.#searched < this.#goal;
  }

  /** The first bytes of the file: see {@link LEAD_BYTES}. */
  get lead(): string {
    if (this.#lead.length < LEAD_BYTES) this.#lead = this.file.bytesAt(0, LEAD_BYTES).toString("latin1");
    return this.#lead;
  }

  moveTo(path: string, home: string): void {
    this.path = path;
    this.#home = home;
  }

  goBefore(): void {
    this.#goal = this.file.size;
  }

  giveWay(): void {
    this.#goal = 0;
  }

  noteBeginning(): boolean {
    const known = this.#beginning?.bytes ?? 0;
    if (this.#offset > 0 || known >= SAMPLE_BYTES || !this.#isAsRead()) return false;
    this.#beginning = beginningOf(this.file.bytesAt);
    return (this.#beginning?.bytes ?? 0) > known;
  }

  look(): FileState {
    const isTouched = this.file.look();
    const { size } = this.file;
    if (this.#isCut || size < this.#offset) return "cut";
    if (size > this.#searched) return "grown";
    if (size < this.#searched) {
      // What stood behind the last line end was taken back.
      this.#searched = size;
      this.#goal = 0;
    }
    return isTouched && !this.#isAsRead() ? "cut" : "still";
  }

  isQuietFor(milliseconds: number): boolean {
    return this.file.isQuietFor(milliseconds);
  }

  /** Whether another file ends with what was read here, of what was read last. */
  hasReadTo(end: OpenFile): boolean {
    return this.#trail.isEndOf(end.bytesAt, end.size, this.#offset, LEAD_BYTES);
  }

  /** Goes to the beginning of the first line behind what is there now. */
  skipToEnd(): void {
    const { size } = this.file;
    this.#skipsLine = size > 0 && this.file.bytesAt(size - 1, 1)[0] !== LINE_END;
    this.#goTo(size);
  }

  async read(block: Block): Promise<RawBatch | undefined> {
    if (this.#searched > this.#offset || this.#skipsLine) return this.#readLongLine(block);
    const { last } = this.#trail;
    const { buffer, start, end: room } = block;
    // What was read last is read again with what follows it: so it is known to follow.
    const overlap = room - start < LEAST_WITH_OVERLAP ? 0 : last.length;
    const count = await this.file.read(block, this.#offset - overlap);
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
    if (goesOnInHole(bytes, this.#offset, last)) return this.#passHole(bytes);
    const end = bytes.lastIndexOf(LINE_END) + 1;
    if (end === 0) {
      this.#searched = this.#offset + length;
      return undefined;
    }
    return this.#batch(bytes.subarray(0, end), this.#offset + end);
  }

  readRest(isFinal: boolean): RawBatch | undefined {
    const length = this.file.size - this.#offset;
    if (length <= 0) return undefined;
    const offset = this.#offset;
    if (!this.#skipsLine && length <= this.#context.maxEventBytes) {
      const line = this.file.bytesAt(offset, length);
      if (line.length < length) return undefined;
      if (isWholeEvent(line, this.#context.decode)) {
        return this.#batch(Buffer.concat([line, Buffer.of(LINE_END)]), offset + length);
      }
    }
    if (this.#skipsLine && isFinal) return this.#passOver(offset + length);
    const { path } = this;
    if (isFinal) return this.#refuse(length, tellUnfinished(this.#context, { path, offset, bytes: length }));
    const text = "the last line has no end and is no whole event: it is left for the next run";
    this.#context.log.warn(text, { path, offset, bytes: length });
    return undefined;
  }

  close(): void {
    this.file.close();
  }

  /** Whether what lies before the offset is what was read, or what the file began with is still there. */
  #isAsRead(): boolean {
    if (this.#offset === 0) return !this.#beginning || beginsWith(this.file.bytesAt, this.#beginning);
    const { last } = this.#trail;
    return this.file.bytesAt(this.#offset - last.length, last.length).equals(last);
  }

  /** A line that did not end within a block: its end is looked for, a block a turn; then all of it is read at once. */
  async #readLongLine(block: Block): Promise<RawBatch | undefined> {
    this.#isCut = !this.#isAsRead();
    if (this.#isCut) return undefined;
    const end = await this.#findLineEnd(block);
    if (end === undefined) return undefined;
    const length = end - this.#offset;
    if (this.#skipsLine) return this.#passOver(end);
    const { maxEventBytes } = this.#context;
    if (length - 1 > maxEventBytes) return this.#refuse(length, `longer than max_event_bytes (${maxEventBytes})`);
    const bytes = this.file.bytesAt(this.#offset, length);
    // The file may have been cut short since its line end was found.
    return bytes.length < length ? undefined : this.#batch(bytes, end);
  }

  /** The offset behind the line's end; undefined while none was found. Uses the block as scratch: memory stays bounded. */
  async #findLineEnd(block: Block): Promise<number | undefined> {
    const { buffer, start } = block;
    const count = await this.file.read(block, this.#searched);
    const end = buffer.subarray(start, start + count).indexOf(LINE_END) + 1;
    if (end > 0) return this.#searched + end;
    this.#searched += count;
    // Whoever writes a line that is no event must not hold up the other files.
    if (this.#searched - this.#offset > this.#context.maxEventBytes) this.giveWay();
    return undefined;
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

  /** The first line stands behind the hole: with it, it would be no event. */
  #passHole(bytes: Buffer): RawBatch {
    const offset = this.#offset;
    if (offset === 0) tellHole(this.#context, this.path);
    this.giveWay();
    const hole = holeIn(bytes);
    this.#batch(hole, offset + hole.length);
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
    this.#trail.passTo(offset, this.file.bytesAt);
    this.#offset = offset;
    this.#searched = offset;
  }

  #brought(bytes: Uint8Array, offset: number): RawBatch {
    const { partition, path, position } = this;
    return { bytes, partition, offset, position, path, behind: Math.max(0, this.file.size - this.#offset) };
  }
}
