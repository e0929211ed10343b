import { isUtf8 } from "node:buffer";
import { dirname } from "node:path";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import type { Health, Work } from "../observe/health.ts";
import type { FileSystem } from "../store/file-system.ts";
import { writeWhole } from "../store/whole-io.ts";

/** What could not be delivered, and why. */
export interface DeadLetter {
  readonly reason: string;
  /** Who refused it: `sources.audit_log`, `filters[1]`, `sinks.search`. */
  readonly component: string;
  readonly source: string;
  readonly partition: string;
  /** Offset of the record in the partition. */
  readonly offset: number;
  /** Which element of the record it is. */
  readonly child?: number;
  readonly path?: string;
  readonly remote?: string;
  /** As they stood at the refusing component; absent where only the place is kept. */
  readonly bytes?: Uint8Array;
  /** How many there are, where only the place is kept. */
  readonly byteLength?: number;
  /** How many records the bytes are, with line ends between them. Absent: one. */
  readonly records?: number;
}

const LINE_END = 0x0a;
const LOOK_AGAIN_MS = 1000;

/** Letters are put into words and written in pieces of about so many bytes: a flood of tiny ones fills no memory. */
const WRITE_BYTES = 256 * 1024;

/** A letter has no more bytes of an event than this: a larger one is kept in pieces, as many letters in a row. */
const PIECE_BYTES = 16 * 1024 * 1024;

/**
 * The NDJSON file of dead letters: mode 0600, as it may hold what no filter has redacted. When it is full, or the disk
 * refuses, writing waits and says so: nothing is dropped, and the pipeline stands until somebody makes room.
 */
export class DeadLetters {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #fileSystem: FileSystem;
  readonly #work: Work;
  #last: Promise<void> = Promise.resolve();
  /** The file may end within a line: after a crash, or a write that failed and could not be taken back. */
  #mayBeTorn = true;

  constructor(options: { path: string; maxBytes: number; fileSystem: FileSystem; health: Health }) {
    this.path = options.path;
    this.#maxBytes = options.maxBytes;
    this.#fileSystem = options.fileSystem;
    this.#work = options.health.observe("dead_letter", "the pipeline waits", "error");
  }

  /**
   * Returns when all of them are in the file; their bytes must not be changed until then.
   * @throws the signal's reason when it is aborted while waiting for room
   */
  write(letters: Iterable<DeadLetter>, signal: AbortSignal): Promise<void> {
    const written = this.#last.then(() => this.#appendAll(letters, signal));
    this.#last = written.catch(() => {});
    return written;
  }

  async #appendAll(letters: Iterable<DeadLetter>, signal: AbortSignal): Promise<void> {
    let lines: Buffer[] = [];
    let length = 0;
    for (const letter of inPieces(letters)) {
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
      const obstacle = this.#tryAppend(lines);
      if (obstacle === undefined) {
        this.#work.goesOn();
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
      this.#fileSystem.mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      file = this.#fileSystem.openSync(this.path, "a+", 0o600);
      before = this.#fileSystem.fstatSync(file).size;
      // A file that is empty takes even what is larger than the limit, or it could never be kept.
      if (before > 0 && before + lines.length > this.#maxBytes) {
        return `the dead letters fill their ${this.#maxBytes} bytes; move the file away or raise dead_letter.max_bytes`;
      }
      if (this.#mayBeTorn && !this.#endsInLine(file, before)) writeWhole(this.#fileSystem, file, [Buffer.from("\n")]);
      this.#mayBeTorn = false;
      writeWhole(this.#fileSystem, file, [lines]);
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

  #endsInLine(file: number, length: number): boolean {
    const last = Buffer.alloc(1);
    return length === 0 || (this.#fileSystem.readSync(file, last, 0, 1, length - 1) === 1 && last[0] === LINE_END);
  }
}

/** A letter that is one of several which hold an event together. */
interface Piece extends DeadLetter {
  readonly piece?: { readonly number: number; readonly of: number };
}

function* inPieces(letters: Iterable<DeadLetter>): Generator<Piece, void> {
  for (const letter of letters) {
    const { bytes } = letter;
    if (!bytes || bytes.length <= PIECE_BYTES) {
      yield letter;
      continue;
    }
    const of = Math.ceil(bytes.length / PIECE_BYTES);
    for (let number = 1; number <= of; number++) {
      const piece = bytes.subarray((number - 1) * PIECE_BYTES, number * PIECE_BYTES);
      yield { ...letter, bytes: piece, byteLength: bytes.length, piece: { number, of } };
    }
  }
}

function toLine(letter: Piece): Buffer {
  const { reason, component, bytes, byteLength, records, piece, child, path, remote, source, partition, offset } =
    letter;
  const isText = bytes !== undefined && isUtf8(bytes);
  return Buffer.from(
    `${JSON.stringify({
      time: new Date().toISOString(),
      reason,
      component,
      origin: { source, partition, path, remote, offset, child: child === -1 ? undefined : child },
      byte_length: byteLength ?? bytes?.length,
      records: records === 1 ? undefined : records,
      piece,
      bytes: isText ? viewOf(bytes).toString() : undefined,
      base64: bytes && !isText ? viewOf(bytes).toString("base64") : undefined,
    })}\n`,
  );
}

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
