import { crc32 } from "node:zlib";
import type { JournalPolicy } from "../config/config.ts";
import type { Work } from "../observe/health.ts";
import type { Log } from "../observe/log.ts";
import type { Block, Position, Spool } from "../plugin.ts";
import { ArrivingFrame } from "../store/arriving-frame.ts";
import type { FileSystem } from "../store/file-system.ts";
import { encodeHeader, encodePrefix } from "../store/frame.ts";
import { FrameReader } from "../store/frame-reader.ts";
import { asJournalFull, JournalFull } from "../store/journal-full.ts";
import { arrivingPath } from "../store/segment-names.ts";
import { Segments } from "../store/segments.ts";
import { CommitQueue } from "./commit-queue.ts";
import { Handover, type HeldBatch, type HeldFrame } from "./handover.ts";
import { Intake } from "./intake.ts";
import { JournalSpool } from "./journal-spool.ts";
import { readPatiently } from "./patient-read.ts";
import { Tide } from "./tide.ts";
import { UnsyncedMark } from "./unsynced-mark.ts";

export { JournalFull } from "../store/journal-full.ts";

export interface JournalOptions extends Partial<JournalPolicy> {
  /** The journal's own; made where it is not there. */
  readonly folder: string;
  readonly fileSystem: FileSystem;
  readonly log: Log;
  /** Waits while there is no room for what comes in. */
  readonly intake?: Work;
  /** Waits while the disk does not let it be read. */
  readonly reading?: Work;
  /** A file gets no more once it has this many bytes: 64 MiB unless told, and less where `maxBytes` is small. */
  readonly segmentBytes?: number;
}

/** Who sent the records. */
export interface Sender {
  readonly remote?: string;
}

/** The partition of every journal's records. */
export const JOURNAL_PARTITION = "journal";

const SEGMENT_BYTES = 64 * 1024 * 1024;
/** No segment has so many bytes: the last one whose name is durable tells by that what offsets were never given. */
const LONGER_THAN_A_SEGMENT = 2 ** 36;
/** Files that `maxBytes` is parted into, at least: a file goes only as a whole. */
const LEAST_SEGMENTS = 4;
/** As many bytes show whether the disk takes any. */
const TRIED_BYTES = 64 * 1024;
const LF = 0x0a;

/**
 * What keeps the records of whatever is pushed at the pipeline: appended by listeners, read like a tailed file, deleted
 * when every sink is past it. A request is in it wholly or not at all. Positions are offsets of bytes ever appended,
 * frame headers included; they only grow, over restarts, too.
 */
export class Journal {
  readonly #segments: Segments;
  readonly #log: Log;
  readonly #intake: Intake;
  readonly #reading: Work | undefined;
  readonly #maxBytes: number;
  readonly #durable: boolean;
  readonly #commits: CommitQueue;
  readonly #handover = new Handover();
  readonly #grown = new Tide();
  /** Bytes promised room: they wait to be written, or are arriving in files of their own. */
  #promised = 0;
  #arrivals = 0;
  /** Between these, bytes are missing, or may be, that readers have had. */
  #lostFrom = Number.POSITIVE_INFINITY;
  #lostUntil = 0;

  private constructor(options: JournalOptions) {
    const { maxBytes = Number.POSITIVE_INFINITY, segmentBytes = SEGMENT_BYTES } = options;
    this.#log = options.log;
    this.#intake = new Intake(options.intake, () => this.#tryOut());
    this.#reading = options.reading;
    this.#maxBytes = maxBytes;
    this.#durable = options.durability !== "write";
    this.#segments = Segments.open({
      folder: options.folder,
      fileSystem: options.fileSystem,
      log: options.log,
      segmentBytes: Math.min(segmentBytes, Math.ceil(maxBytes / LEAST_SEGMENTS)),
    });
    this.#commits = new CommitQueue(this.#segments, this.#durable, () => this.#grown.rise());
  }

  /** Opens the journal and mends what a crash has left. @throws where the folder cannot be used */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    await journal.#leaveLostOffsets(options);
    return journal;
  }

  /** Bytes on the disk, and those that are on their way there. */
  get bytes(): number {
    return this.#segments.bytes + this.#promised;
  }

  /** The most bytes on the disk; Infinity where nothing but the disk bounds it. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Bytes that lie behind an offset. */
  bytesBehind(offset: number): number {
    return this.#segments.bytesBehind(offset);
  }

  /** Whether what readers have had behind a position, up to where they came, can be read again, as far as is known. */
  holds({ offset }: Position, reached: Position): boolean {
    return offset >= this.#segments.first && (offset >= this.#lostUntil || reached.offset <= this.#lostFrom);
  }

  /** Offset behind the last byte that can be read. */
  get end(): number {
    return this.#segments.end;
  }

  /**
   * Returns when the records, one a line and each ended by LF, are in the journal. They must not be changed until then.
   * @throws JournalFull, or what the disk said: then none of them is in it
   */
  async append(records: Uint8Array, sender: Sender): Promise<void> {
    if (records.length === 0) return;
    if (records[records.length - 1] !== LF) throw new TypeError("records must end with a line feed");
    const header = encodeHeader({ ...sender, at: Date.now() });
    const prefix = encodePrefix(header, records.length, crc32(records));
    await this.#append([Buffer.concat([prefix, header]), records]);
  }

  /** The same for a whole frame in the window, whose lease it takes over: it is read from there where the reader is near. */
  async appendHeld(frame: HeldFrame): Promise<void> {
    try {
      await this.#append([frame.bytes], (offset) => this.#handover.offer(frame, offset));
    } catch (error) {
      frame.lease.release();
      throw error;
    }
  }

  async #append(chunks: readonly Uint8Array[], published?: (offset: number) => void): Promise<void> {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    this.#promise(bytes);
    try {
      await this.#commits.append(chunks, published);
      this.#intake.goesOn();
    } catch (error) {
      this.#intake.waits((error as Error).message);
      throw asJournalFull(error);
    } finally {
      this.#promised -= bytes;
    }
  }

  /** Takes records whose number nobody knows yet, into a file of their own. @throws what the disk says */
  spool(sender: Sender): Spool {
    const { fileSystem, folder } = this.#segments;
    const path = arrivingPath(folder, this.#arrivals++);
    const frame = new ArrivingFrame(fileSystem, path, { ...sender, at: Date.now() });
    return new JournalSpool(frame, {
      promise: (bytes, held) => this.#promise(bytes, held),
      release: (bytes) => {
        this.#promised -= bytes;
      },
      accept: async () => {
        await frame.finish(this.#durable);
        await this.#commits.adopt(frame.path, frame.frameBytes);
      },
    });
  }

  /**
   * Reads on from a position, from the oldest record where there is none; waits for more when it has given all. A batch
   * holds requests of one sender; blank lines stand between them. `block` is asked for room once a batch, at the
   * moment it is filled; a record that does not fit it comes in memory of its own.
   */
  async *read(
    resume: Position | undefined,
    block: (least: number) => Block,
    signal: AbortSignal,
  ): AsyncGenerator<HeldBatch, void> {
    const start = resume?.offset ?? this.#segments.first;
    await this.goOnBehind(start);
    const reader = new FrameReader(this.#segments, this.#log, start);
    this.#handover.expect(start);
    try {
      while (!signal.aborted) {
        const tide = this.#grown.level;
        const held = this.#handover.take();
        const run = held ?? (await readPatiently(() => reader.next(block), this.#reading, signal));
        if (held) reader.skipTo(held.next);
        else if (run) this.#handover.expect(run.next);
        if (run) {
          const { next, ...records } = run;
          yield {
            ...records,
            partition: JOURNAL_PARTITION,
            position: { offset: next },
            behind: this.bytesBehind(next),
          };
        } else {
          await this.#grown.above(tide, signal);
        }
      }
    } finally {
      this.#handover.stop();
      reader.close();
    }
  }

  /**
   * Moves the journal's end to an offset that lies behind it: its folder was lost, or the machine crashed. What is appended from
   * then on is not taken for what was delivered before. To be called before anything is appended.
   */
  async goOnBehind(offset: number): Promise<void> {
    if (offset <= this.end) return;
    await this.#commits.settled();
    const fields = { end: this.end, position: offset };
    this.#log.warn("the journal ends before the position that was delivered: going on there", fields);
    this.#goOnAt(offset);
  }

  /** Leaves a gap between the end and an offset: readers may have had what lay there. */
  #goOnAt(offset: number): void {
    this.#lostFrom = Math.min(this.#lostFrom, this.end);
    this.#lostUntil = offset;
    this.#segments.continueAt(offset);
  }

  /** Goes on behind all that readers may have had before the machine crashed. */
  async #leaveLostOffsets({ fileSystem, folder, log }: JournalOptions): Promise<void> {
    const mark = new UnsyncedMark(fileSystem, folder);
    if (mark.isOutlived) {
      log.warn("the machine may have crashed: what the journal had not synced is lost, and it goes on far behind", {
        end: this.end,
      });
      this.#goOnAt(this.end + LONGER_THAN_A_SEGMENT);
      await this.#segments.syncName();
      mark.clear();
    }
    if (!this.#durable) mark.set();
  }

  /** Says that nobody will read before this position any more: the files wholly before it are deleted. */
  release(position: Position): void {
    const before = this.bytes;
    this.#segments.release(position.offset);
    if (this.bytes < before) this.#intake.goesOn();
  }

  /** Waits for what is being appended, and closes. What is spooled and not accepted is deleted by the next start. */
  async close(): Promise<void> {
    this.#intake.close();
    await this.#commits.settled();
    this.#segments.close();
  }

  /** Sets room aside, for a request that has some already. @throws JournalFull */
  #promise(bytes: number, held = 0): void {
    try {
      this.#checkRoom(bytes, held);
    } catch (error) {
      if (error instanceof JournalFull && !error.neverFits) this.#intake.waits(error.message);
      throw error;
    }
    this.#promised += bytes;
  }

  /** @throws JournalFull */
  #checkRoom(bytes: number, held = 0): void {
    if (this.bytes + bytes <= this.#maxBytes) return;
    if (held + bytes > this.#maxBytes - this.#segments.mostLeft) {
      const never = `a request has more bytes than the journal may have (${this.#maxBytes})`;
      throw new JournalFull(never, { neverFits: true });
    }
    throw new JournalFull(
      `the journal is full: it may have ${this.#maxBytes} bytes, and the sinks have not taken them yet`,
    );
  }

  /** Does with bytes that are nobody's what is done with a request. @throws JournalFull, or what the disk says */
  async #tryOut(): Promise<void> {
    const bytes = Math.min(TRIED_BYTES, Math.ceil(this.#maxBytes / LEAST_SEGMENTS));
    this.#checkRoom(bytes);
    const { fileSystem, folder } = this.#segments;
    const frame = new ArrivingFrame(fileSystem, arrivingPath(folder, this.#arrivals++), { at: Date.now() });
    try {
      frame.write(Buffer.alloc(bytes));
      await frame.finish(this.#durable);
    } finally {
      frame.discard();
    }
  }
}
