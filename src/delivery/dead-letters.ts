import { dirname } from "node:path";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { Health, Work } from "../observe/health.ts";
import type { Log } from "../observe/log.ts";
import type { FileSystem } from "../store/file-system.ts";
import { makeFolder, syncFolderSoon } from "../store/folders.ts";
import { writeWhole } from "../store/whole-io.ts";
import { type DeadLetter, fromLine, inPieces, toLine } from "./dead-letter.ts";
import { type BufferReach, KnownLetters } from "./known-letters.ts";
import { LetterNotice } from "./letter-notice.ts";
import { earliest, type LettersMark } from "./letters-mark.ts";
import type { SinkPositions } from "./sink-position.ts";

export type { DeadLetter } from "./dead-letter.ts";

const LINE_END = 0x0a;
const LOOK_AGAIN_MS = 1000;
const CHUNK_BYTES = 1024 * 1024;

/** Letters are put into words and written in pieces of about so many bytes: a flood of tiny ones fills no memory. */
const WRITE_BYTES = 256 * 1024;

/**
 * The NDJSON file of dead letters: mode 0600, as it may hold what no filter has redacted. When it is full, or the disk
 * refuses, writing waits and says so: nothing is dropped, and the pipeline stands until somebody makes room.
 */
export class DeadLetters {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #fileSystem: FileSystem;
  readonly #work: Work;
  readonly #notice: LetterNotice;
  #last: Promise<void> = Promise.resolve();
  #known = new KnownLetters();
  /** How far the file is written. */
  #mark: LettersMark = { inode: "", length: 0 };
  /** Where the letters begin that were known at the start. */
  #knownFrom: LettersMark = { inode: "", length: 0 };
  /** How much of the file is durable. */
  #synced: LettersMark = { inode: "", length: 0 };
  /** The file may end within a line: after a crash, or a write that failed and could not be taken back. */
  #mayBeTorn = true;
  /** A sync has failed since the last that succeeded. */
  #mustRewrite = false;

  constructor(options: { path: string; maxBytes: number; fileSystem: FileSystem; health: Health; log: Log }) {
    this.path = options.path;
    this.#maxBytes = options.maxBytes;
    this.#fileSystem = options.fileSystem;
    this.#work = options.health.observe("dead_letter", "the pipeline waits", "error");
    this.#notice = new LetterNotice(options.log, options.path);
  }

  /** Where the letters begin that what is read from now on may make: the file's end, or where they are that may come again. */
  get mark(): LettersMark {
    return this.#known.isEmpty ? this.#mark : earliest([this.#knownFrom], this.#mark);
  }

  /** The sinks have come so far: letters of what lies before are not to be known any longer. See {@link KnownLetters}. */
  forgetBefore(positions: SinkPositions, buffers: ReadonlyMap<string, BufferReach>): void {
    this.#known.forgetBefore(positions, buffers);
  }

  /**
   * Reads the letters behind a mark: events read again that would make the same are not kept a second time. A line that was
   * torn by a crash is cut. Without a mark, nothing is known.
   * @throws what the disk says
   */
  restore(mark: LettersMark | undefined): void {
    this.#known = new KnownLetters();
    if (!this.#fileSystem.existsSync(this.path)) return;
    const file = this.#fileSystem.openSync(this.path, "r+");
    try {
      const present = this.#measure(file);
      const start = mark && mark.inode === present.inode ? Math.min(mark.length, present.length) : 0;
      const end = mark ? this.#readKnown(file, start) : present.length;
      if (end < present.length) this.#fileSystem.ftruncateSync(file, end);
      this.#mark = { ...present, length: end };
      this.#knownFrom = { ...present, length: Math.min(start, end) };
      // Of a file that no checkpoint knows, not even the name need be durable.
      if (mark?.inode === present.inode) this.#synced = this.#knownFrom;
    } finally {
      this.#fileSystem.closeSync(file);
    }
  }

  /** Returns when all that is written now is durable. @throws what the disk says; all of it is written again then */
  async sync(): Promise<void> {
    const { inode, length } = this.#mark;
    if (inode === this.#synced.inode && length <= this.#synced.length) return;
    if (!this.#fileSystem.existsSync(this.path)) {
      // Whoever has moved it away has what is in it.
      this.#synced = { inode, length };
      return;
    }
    const file = this.#fileSystem.openSync(this.path, "r+");
    try {
      if (this.#measure(file).inode === inode) {
        const isKnown = this.#synced.inode === inode;
        await this.#syncFile(file, isKnown ? this.#synced.length : 0, length);
        if (!isKnown) await syncFolderSoon(this.#fileSystem, dirname(this.path));
      }
      this.#synced = { inode, length };
    } finally {
      this.#fileSystem.closeSync(file);
    }
  }

  /** Returns when nothing is being written: to be called before {@link restore} where something was. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /**
   * Returns when all of them are in the file; their bytes must not be changed until then.
   * @throws the signal's reason when it is aborted before: what is missing then has to come again
   */
  write(letters: Iterable<DeadLetter>, signal: AbortSignal): Promise<void> {
    const written = this.#last.then(() => this.#appendAll(letters, signal));
    this.#last = written.catch(() => {});
    return written;
  }

  async #appendAll(letters: Iterable<DeadLetter>, signal: AbortSignal): Promise<void> {
    let lines: Buffer[] = [];
    let length = 0;
    for (const piece of inPieces(letters)) {
      const letter = this.#known.strip(piece);
      if (!letter) continue;
      // The first piece stands for all.
      if (letter.piece === undefined || letter.piece.number === 1) this.#notice.add(letter);
      const line = toLine(letter);
      lines.push(line);
      length += line.length;
      if (length < WRITE_BYTES) continue;
      await this.#append(Buffer.concat(lines, length), signal);
      lines = [];
      length = 0;
      await turn();
    }
    if (length > 0) await this.#append(Buffer.concat(lines, length), signal);
  }

  async #append(lines: Buffer, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const obstacle = this.#tryAppend(lines);
      if (obstacle === undefined) {
        this.#work.goesOn();
        this.#notice.tell();
        return;
      }
      this.#work.waits(obstacle, { path: this.path });
      await wait(LOOK_AGAIN_MS, undefined, { signal });
    }
  }

  /** What stands in the way, in words; undefined when the lines are written. */
  #tryAppend(lines: Buffer): string | undefined {
    let file: number | undefined;
    let before = 0;
    try {
      makeFolder(this.#fileSystem, dirname(this.path), 0o700);
      file = this.#fileSystem.openSync(this.path, "a+", 0o600);
      before = this.#fileSystem.fstatSync(file).size;
      // A file that is empty takes even what is larger than the limit, or it could never be kept.
      if (before > 0 && before + lines.length > this.#maxBytes) {
        return `the dead letters fill their ${this.#maxBytes} bytes; move the file away or raise dead_letter.max_bytes`;
      }
      if (this.#mayBeTorn && !this.#endsInLine(file, before)) writeWhole(this.#fileSystem, file, [Buffer.from("\n")]);
      this.#mayBeTorn = false;
      writeWhole(this.#fileSystem, file, [lines]);
      this.#mark = this.#measure(file);
      return undefined;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      if (file !== undefined) this.#cut(file, before);
      return `dead letters cannot be written (${code})`;
    } finally {
      if (file !== undefined) this.#fileSystem.closeSync(file);
    }
  }

  #cut(file: number, length: number): void {
    try {
      this.#fileSystem.ftruncateSync(file, length);
    } catch {
      // The half-written line stays; the whole of it follows, on a line of its own, when the disk takes it.
      this.#mayBeTorn = true;
    }
  }

  #measure(file: number): LettersMark {
    const { ino, size } = this.#fileSystem.fstatSync(file);
    return { inode: String(ino), length: size };
  }

  /**
   * Adds the letters from `start` on to those that are known. Zeros, which a power cut leaves where bytes were not synced, are
   * taken out with the lines that they tore. Returns where the last whole line ends.
   */
  #readKnown(file: number, start: number): number {
    let rest = Buffer.alloc(0);
    let read = start;
    let end = start;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const length = this.#fileSystem.readSync(file, chunk, 0, chunk.length, read + rest.length);
      if (length === 0) return end;
      rest = Buffer.concat([rest, chunk.subarray(0, length)]);
      for (let found = rest.indexOf(LINE_END); found >= 0; found = rest.indexOf(LINE_END)) {
        const line = rest.subarray(0, found + 1);
        const whole = line.subarray(line.lastIndexOf(0) + 1);
        const letter = fromLine(whole);
        if (letter) this.#known.add(letter);
        rest = rest.subarray(line.length);
        read += line.length;
        if (whole.length < line.length && !letter) continue;
        if (end + whole.length < read) writeWhole(this.#fileSystem, file, [whole], end);
        end += whole.length;
      }
    }
  }

  /** What a disk has refused to sync is not believed because it does so later: it is written again first. */
  async #syncFile(file: number, start: number, end: number): Promise<void> {
    if (this.#mustRewrite) this.#rewrite(file, start, end);
    this.#mustRewrite = true;
    await promisify(this.#fileSystem.fdatasync)(file);
    this.#mustRewrite = false;
  }

  #rewrite(file: number, start: number, end: number): void {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = start; at < end; ) {
      const read = this.#fileSystem.readSync(file, chunk, 0, Math.min(chunk.length, end - at), at);
      if (read === 0) return;
      writeWhole(this.#fileSystem, file, [chunk.subarray(0, read)], at);
      at += read;
    }
  }

  #endsInLine(file: number, length: number): boolean {
    const last = Buffer.alloc(1);
    return length === 0 || (this.#fileSystem.readSync(file, last, 0, 1, length - 1) === 1 && last[0] === LINE_END);
  }
}
