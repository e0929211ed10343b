import type { Stats } from "node:fs";
import type { Block, Position, RawBatch, SourceContext } from "../../../src/plugin.ts";
import { type FileIdentity, identityOf } from "./file-identity.ts";
import { type FileRecord, positionOf } from "./file-record.ts";
import { type Beginning, beginsWith, type Fingerprint, Trail } from "./fingerprint.ts";
import { DAMAGED, Inflation } from "./inflate.ts";
import type { FileState, LogFile, Place } from "./log-file.ts";
import { openAt, stampOf } from "./open-file.ts";
import { isWholeEvent, tellUnfinished } from "./unfinished-line.ts";

const LINE_END = 0x0a;
const NOTHING = Buffer.alloc(0);

/** A .gz file, read as what it was before it was compressed: offsets count inflated bytes. It does not grow any more. */
export class InflatedFile implements LogFile {
  readonly partition: string;
  path: string;
  isRetired = true;
  readonly #context: SourceContext;
  #home: string;
  readonly #stamp: string;
  readonly #identity: FileIdentity;
  readonly #inflation: Inflation;
  readonly #inflated: AsyncIterator<Buffer>;
  /** What lies before the line that is being read, or before what of it was looked at. */
  readonly #trail: Trail;
  #offset: number;
  /** Inflated, and not looked at. */
  #pending: Buffer = NOTHING;
  /** The beginning of a line whose end was not found yet; no longer kept once it is too long to be an event. */
  #line: Buffer[] = [];
  #lineLength = 0;
  #ended = false;
  #gaveWay = false;
  #damage: string | undefined;

  private constructor(inflation: Inflation, stats: Stats, place: Place, offset: number, context: SourceContext) {
    this.#inflation = inflation;
    this.#inflated = inflation[Symbol.asyncIterator]();
    this.#context = context;
    this.#home = place.home;
    this.path = place.path;
    this.partition = place.partition;
    this.#identity = identityOf(stats);
    this.#stamp = stampOf(stats);
    this.#trail = new Trail();
    this.#offset = offset;
  }

  /** Opens a .gz at the place that a record tells; undefined where its content is not what the record is about. */
  static async resume(
    place: Place,
    { offset, fingerprint, beginning }: Pick<FileRecord, "offset" | "fingerprint" | "beginning">,
    context: SourceContext,
  ): Promise<InflatedFile | undefined> {
    const { fileSystem } = context;
    const stats = fileSystem.statSync(place.home);
    const inflation = new Inflation(fileSystem, openAt(fileSystem, place.home));
    let isSame = false;
    try {
      const file = new InflatedFile(inflation, stats, place, offset, context);
      isSame = (await file.#passTo(offset, fingerprint)) && (!fingerprint || file.#trail.matches(fingerprint));
      isSame &&= !beginning || (await file.#beginsWith(beginning));
      return isSame ? file : undefined;
    } finally {
      if (!isSame) inflation.close();
    }
  }

  get record(): FileRecord {
    return {
      partition: this.partition,
      offset: this.#offset,
      identity: this.#identity,
      path: this.#home,
      fingerprint: this.#trail.fingerprint,
      skipsLine: false,
    };
  }

  get position(): Position {
    return positionOf(this.record);
  }

  get bytes(): undefined {
    return undefined;
  }

  get waiting(): number {
    return 0;
  }

  get isBehind(): boolean {
    return !this.#gaveWay && this.look() === "grown";
  }

  get stamp(): string {
    return this.#stamp;
  }

  moveTo(path: string, home: string): void {
    this.path = path;
    this.#home = home;
  }

  goBefore(): void {}

  giveWay(): void {
    this.#gaveWay = true;
  }

  noteBeginning(): boolean {
    return false;
  }

  look(): FileState {
    return this.#ended && this.#pending.length === 0 ? "still" : "grown";
  }

  isQuietFor(): boolean {
    return true;
  }

  async read(block: Block): Promise<RawBatch | undefined> {
    const bytes = await this.#fill(block);
    if (this.#lineLength > 0) return this.#goOnInLine(bytes);
    const end = bytes.lastIndexOf(LINE_END) + 1;
    if (end === 0) {
      this.#keep(bytes);
      return undefined;
    }
    if (end < bytes.length) this.#pending = Buffer.concat([bytes.subarray(end), this.#pending]);
    return this.#batch(bytes.subarray(0, end), end);
  }

  readRest(): RawBatch | undefined {
    const length = this.#lineLength;
    if (length === 0) return undefined;
    const line = this.#takeLine();
    if (!this.#damage && line && isWholeEvent(line, this.#context.decode)) {
      return this.#batch(Buffer.concat([line, Buffer.of(LINE_END)]), length);
    }
    const { path } = this;
    const reason = tellUnfinished(this.#context, { path, offset: this.#offset, bytes: length });
    return this.#refuse(line, length, this.#damage ?? reason);
  }

  close(): void {
    this.#inflation.close();
  }

  /** Fills the block, or what of it the file has. */
  async #fill({ buffer, start, end }: Block): Promise<Buffer> {
    let filled = start;
    while (filled < end && (await this.#inflateMore())) {
      const count = this.#pending.copy(buffer, filled, 0, end - filled);
      this.#pending = this.#pending.subarray(count);
      filled += count;
    }
    return buffer.subarray(start, filled);
  }

  /** Whether there is something pending. What was inflated before the file turns out to be damaged counts. */
  async #inflateMore(): Promise<boolean> {
    while (this.#pending.length === 0 && !this.#ended) {
      try {
        const { done, value } = await this.#inflated.next();
        if (done) this.#ended = true;
        else this.#pending = value;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (!DAMAGED.has(code ?? "")) throw error;
        this.#ended = true;
        this.#damage = `the compressed file is damaged behind this: ${message}`;
        this.#context.count("damaged_files");
        this.#context.log.warn(`the compressed file is damaged (${message}): what lies behind is not read`, {
          path: this.path,
          offset: this.#offset,
        });
      }
    }
    return this.#pending.length > 0;
  }

  /** Goes on to an offset; no farther than tells that another content lies before it. */
  async #passTo(offset: number, fingerprint: Fingerprint | undefined): Promise<boolean> {
    let left = offset;
    while (left > 0 && (!fingerprint || this.#trail.mayMatch(fingerprint)) && (await this.#inflateMore())) {
      const passed = this.#pending.subarray(0, left);
      this.#trail.append(passed);
      this.#pending = this.#pending.subarray(passed.length);
      left -= passed.length;
    }
    return left === 0;
  }

  async #beginsWith(beginning: Beginning): Promise<boolean> {
    const parts: Buffer[] = [];
    for (let left = beginning.bytes; left > 0 && (await this.#inflateMore()); ) {
      parts.push(this.#pending);
      left -= this.#pending.length;
      this.#pending = NOTHING;
    }
    const bytes = Buffer.concat(parts);
    this.#pending = bytes;
    return beginsWith((at, length) => bytes.subarray(at, at + length), beginning);
  }

  /** Looks for the end of a line that did not end within a block. */
  #goOnInLine(bytes: Buffer): RawBatch | undefined {
    const end = bytes.indexOf(LINE_END) + 1;
    if (end === 0) {
      this.#keep(bytes);
      return undefined;
    }
    this.#pending = Buffer.concat([bytes.subarray(end), this.#pending]);
    this.#keep(bytes.subarray(0, end));
    const length = this.#lineLength;
    const line = this.#takeLine();
    const { maxEventBytes } = this.#context;
    return line && length - 1 <= maxEventBytes
      ? this.#batch(line, length)
      : this.#refuse(line, length, `longer than max_event_bytes (${maxEventBytes})`);
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#lineLength += bytes.length;
    this.#line.push(Buffer.from(bytes));
    if (this.#lineLength - 1 <= this.#context.maxEventBytes) return;
    for (const part of this.#line.splice(0)) this.#trail.append(part);
  }

  /** The line; undefined where it was too long to be kept. */
  #takeLine(): Buffer | undefined {
    const isKept = this.#line.length > 0;
    const line = Buffer.concat(this.#line.splice(0));
    this.#lineLength = 0;
    return isKept ? line : undefined;
  }

  #refuse(line: Buffer | undefined, byteLength: number, reason: string): RawBatch {
    const offset = this.#offset;
    if (line) this.#trail.append(line);
    return { ...this.#batch(NOTHING, byteLength), refused: [{ offset, byteLength, reason }] };
  }

  #batch(bytes: Uint8Array, length: number): RawBatch {
    const offset = this.#offset;
    this.#trail.append(bytes.subarray(0, length));
    this.#offset += length;
    const { partition, path, position } = this;
    return { bytes, partition, offset, position, path };
  }
}
