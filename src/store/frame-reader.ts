import type { Log } from "../observe/log.ts";
import { checkFrame, checkHeader, decodePrefix, type FrameHeader, PREFIX_BYTES, type Prefix } from "./frame.ts";
import { FrameSearch } from "./frame-search.ts";
import { sumFile } from "./frame-sum.ts";
import { damagedName, type Segment } from "./segment-names.ts";
import type { Segments } from "./segments.ts";
import { setAside } from "./set-aside.ts";
import { readWhole } from "./whole-io.ts";

/** Memory to read into. */
export interface Room {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Records of one or more requests of one sender, each ended by LF; blank lines stand where a frame's header stood. */
export interface FrameRun {
  readonly bytes: Uint8Array;
  /** Offset of `bytes[0]`. */
  readonly offset: number;
  /** Where reading goes on. */
  readonly next: number;
  readonly remote?: string;
}

const LF = 0x0a;
const LEAST_APPETITE = 64 * 1024;

/**
 * Reads segments from an offset on. Small frames are read many at a time and checked where they lie; their headers are
 * blanked out, so that a byte's offset in a run is its offset in the journal. A frame larger than the room is checked
 * as a whole first, then given record by record. A damaged one is told, copied aside and skipped.
 */
export class FrameReader {
  readonly #segments: Segments;
  readonly #log: Log;
  #offset: number;
  /** The resume offset may lie inside a frame until its frame has been looked for. */
  #located = false;
  #segment: Segment | undefined;
  #descriptor = -1;
  /** The large frame that is being given: its bytes are known to be sound. */
  #large: { readonly end: number; readonly remote?: string } | undefined;
  /** How much to read at once: little while the senders take turns, as one run has one sender. */
  #appetite = Number.POSITIVE_INFINITY;
  /** Bytes of the frame that was read last: the next may need as much room. */
  #usual = 0;

  constructor(segments: Segments, log: Log, offset: number) {
    this.#segments = segments;
    this.#log = log;
    this.#offset = offset;
  }

  /** The next run, read into `room()` where it fits, or undefined where there is none yet. */
  async next(room: (least: number) => Room): Promise<FrameRun | undefined> {
    let taken: Room | undefined;
    while (this.#open()) {
      if (!this.#located) await this.#locate();
      if (this.#offset >= this.#segmentEnd) continue;
      taken ??= room(this.#usual);
      const run = this.#large ? this.#readPart(taken, this.#large) : await this.#readFrames(taken, room);
      if (run) return run;
    }
    return undefined;
  }

  /** Goes on at a frame further on: what lies before it was read elsewhere. */
  skipTo(offset: number): void {
    this.#offset = offset;
    this.#located = true;
    if (offset >= this.#segmentEnd) this.close();
  }

  close(): void {
    if (this.#segment) this.#segments.fileSystem.closeSync(this.#descriptor);
    this.#segment = undefined;
  }

  get #segmentEnd(): number {
    return this.#segment ? this.#segment.offset + this.#segment.length : 0;
  }

  /** Opens the segment that the next byte lies in; false where there is no byte yet. */
  #open(): boolean {
    if (this.#segment && this.#offset < this.#segmentEnd) return true;
    const segment = this.#segments.find(this.#offset);
    if (!segment) return false;
    if (segment === this.#segment) return true;
    this.close();
    if (segment.offset > this.#offset) {
      const bytes = segment.offset - this.#offset;
      this.#log.warn("a part of the journal is not there: going on behind it", { offset: this.#offset, bytes });
      this.#offset = segment.offset;
    }
    this.#descriptor = this.#segments.fileSystem.openSync(segment.path, "r");
    this.#segment = segment;
    return true;
  }

  /** Finds the frame that the resume offset lies in. */
  async #locate(): Promise<void> {
    const { offset: base } = this.#segment as Segment;
    const wanted = this.#offset;
    const search = this.#search();
    const frame = search.frameOf(wanted - base);
    const prefix = base + frame < wanted ? search.prefixAt(frame) : undefined;
    this.#located = true;
    this.#offset = base + frame;
    if (!prefix) return;
    const records = this.#offset + PREFIX_BYTES + prefix.headerBytes;
    try {
      if (await this.#enterLarge(prefix)) this.#offset = Math.max(wanted, records);
    } catch (error) {
      this.#located = false;
      this.#offset = wanted;
      throw error;
    }
  }

  async #readFrames({ buffer, start, end }: Room, room: (least: number) => Room): Promise<FrameRun | undefined> {
    const left = this.#segmentEnd - this.#offset;
    let behind = start + this.#read(buffer, start, Math.min(left, end - start, this.#appetite));
    const prefix = decodePrefix(buffer, start, behind);
    if (!prefix || prefix.frameBytes > left) return this.#skipDamage(prefix);
    this.#usual = prefix.frameBytes;
    if (prefix.frameBytes > end - start) {
      const larger = room(prefix.frameBytes);
      if (prefix.frameBytes <= larger.end - larger.start) return this.#readFrames(larger, room);
      await this.#enterLarge(prefix);
      return undefined;
    }
    if (prefix.frameBytes > behind - start) behind = start + this.#read(buffer, start, prefix.frameBytes);
    const header = checkFrame(buffer, start, prefix);
    if (!header) return this.#skipDamage(prefix);
    const at = extendRun(buffer, start + prefix.frameBytes, behind, header);
    this.#appetite = Math.max(LEAST_APPETITE, 2 * (at - start));
    const records = start + PREFIX_BYTES + prefix.headerBytes;
    return this.#take(buffer.subarray(records, at), records - start, header.remote);
  }

  /** The next whole records of a frame that does not fit the room. */
  #readPart({ buffer, start, end }: Room, large: { readonly end: number; readonly remote?: string }): FrameRun {
    const left = large.end - this.#offset;
    const length = this.#read(buffer, start, Math.min(left, end - start));
    const whole = length === left ? length : buffer.subarray(start, start + length).lastIndexOf(LF) + 1;
    const bytes = whole > 0 ? buffer.subarray(start, start + whole) : this.#readLongRecord(buffer, start, end, left);
    const run = this.#take(bytes, 0, large.remote);
    if (this.#offset >= large.end) this.#large = undefined;
    return run;
  }

  /** A record that is longer than the room, in memory of its own; `[start, end)` of the buffer serves to find its end. */
  #readLongRecord(buffer: Buffer, start: number, end: number, left: number): Buffer {
    let length = 0;
    while (length < left) {
      const read = this.#read(buffer, start, Math.min(left - length, end - start), length);
      const found = buffer.subarray(start, start + read).indexOf(LF);
      length += found < 0 ? read : found + 1;
      if (found >= 0 || read === 0) break;
    }
    const record = Buffer.allocUnsafeSlow(length);
    this.#read(record, 0, length);
    return record;
  }

  #take(bytes: Uint8Array, before: number, remote: string | undefined): FrameRun {
    const offset = this.#offset + before;
    this.#offset = offset + bytes.length;
    return { bytes, offset, next: this.#offset, ...(remote === undefined ? {} : { remote }) };
  }

  /** Checks a frame without holding it; makes its records the next to be read, or skips it where it is damaged. */
  async #enterLarge(prefix: Prefix): Promise<boolean> {
    const { fileSystem } = this.#segments;
    const header = Buffer.allocUnsafe(prefix.headerBytes);
    this.#read(header, 0, header.length, PREFIX_BYTES);
    const records = this.#offset + PREFIX_BYTES + prefix.headerBytes;
    const base = (this.#segment as Segment).offset;
    const sum = await sumFile(fileSystem, this.#descriptor, records - base, prefix.payloadBytes);
    const checked = checkHeader(header, sum, prefix);
    if (!checked) {
      this.#skipDamage(prefix);
      return false;
    }
    const { remote } = checked;
    this.#large = { end: records + prefix.payloadBytes, ...(remote === undefined ? {} : { remote }) };
    this.#offset = records;
    return true;
  }

  /** Goes on behind what is damaged: one frame where its length is known, else up to the next that is sound. */
  #skipDamage(prefix: Prefix | undefined): undefined {
    const { offset: base, length, path } = this.#segment as Segment;
    const start = this.#offset - base;
    const end = Math.min(length, prefix ? start + prefix.frameBytes : this.#search().nextPrefix(start + 1));
    const { fileSystem, folder } = this.#segments;
    const copy = setAside(fileSystem, this.#descriptor, start, end, folder, damagedName(this.#offset));
    const fields = { path, offset: this.#offset, bytes: end - start, copy };
    this.#log.error("a part of the journal is damaged: skipped it, and kept a copy", fields);
    this.#offset = base + end;
  }

  #search(): FrameSearch {
    return new FrameSearch(this.#segments.fileSystem, this.#descriptor, (this.#segment as Segment).length);
  }

  /** Reads what lies `ahead` bytes from here. */
  #read(buffer: Buffer, start: number, length: number, ahead = 0): number {
    const position = this.#offset - (this.#segment as Segment).offset + ahead;
    return readWhole(this.#segments.fileSystem, this.#descriptor, buffer, start, length, position);
  }
}

/** Blanks the headers of the sound frames of the same sender that lie in `[at, end)`; returns where they end. */
function extendRun(buffer: Buffer, at: number, end: number, first: FrameHeader): number {
  while (at < end) {
    const prefix = decodePrefix(buffer, at, end);
    if (!prefix || prefix.frameBytes > end - at) break;
    const header = checkFrame(buffer, at, prefix);
    if (!header || header.remote !== first.remote) break;
    buffer.fill(LF, at, at + PREFIX_BYTES + prefix.headerBytes);
    at += prefix.frameBytes;
  }
  return at;
}
