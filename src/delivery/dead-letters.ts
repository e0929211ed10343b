import { isUtf8 } from "node:buffer";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Log } from "../observe/log.ts";
import { writeAll } from "../store/atomic-file.ts";
import type { FileSystem } from "../store/file-system.ts";

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
}

const LOOK_AGAIN_MS = 1000;

/**
 * The NDJSON file of dead letters: mode 0600, as it may hold what no filter has redacted. When it is full, or the disk
 * refuses, writing waits and says so: nothing is dropped, and the pipeline stands until somebody makes room.
 */
export class DeadLetters {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #fileSystem: FileSystem;
  readonly #log: Log;
  #last: Promise<void> = Promise.resolve();

  constructor(options: { path: string; maxBytes: number; fileSystem: FileSystem; log: Log }) {
    this.path = options.path;
    this.#maxBytes = options.maxBytes;
    this.#fileSystem = options.fileSystem;
    this.#log = options.log;
  }

  /** Returns when all of them are in the file. @throws the signal's reason when it is aborted while waiting for room */
  write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    const lines = Buffer.concat(letters.map(toLine));
    const turn = this.#last.then(() => this.#append(lines, signal));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #append(lines: Buffer, signal: AbortSignal): Promise<void> {
    for (let told = false; ; told = true) {
      const obstacle = this.#tryAppend(lines);
      if (obstacle === undefined) {
        if (told) this.#log.info("dead letters are written again", { path: this.path });
        return;
      }
      if (!told) this.#log.error(`the pipeline waits: ${obstacle}`, { path: this.path });
      await wait(LOOK_AGAIN_MS, undefined, { signal });
    }
  }

  /** What stands in the way, in words; undefined when the lines are written. */
  #tryAppend(lines: Buffer): string | undefined {
    let file: number | undefined;
    let before = 0;
    try {
      this.#fileSystem.mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      file = this.#fileSystem.openSync(this.path, "a", 0o600);
      before = this.#fileSystem.fstatSync(file).size;
      // A file that is empty takes even what is larger than the limit, or it could never be kept.
      if (before > 0 && before + lines.length > this.#maxBytes) {
        return `the dead letters fill their ${this.#maxBytes} bytes; move the file away or raise dead_letter.max_bytes`;
      }
      writeAll(this.#fileSystem, file, lines);
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
      // The half-written line stays; the whole of it follows when the disk takes it.
    }
  }
}

function toLine(letter: DeadLetter): Buffer {
  const { reason, component, bytes, byteLength, child, path, remote, source, partition, offset } = letter;
  const isText = bytes !== undefined && isUtf8(bytes);
  return Buffer.from(
    `${JSON.stringify({
      time: new Date().toISOString(),
      reason,
      component,
      origin: { source, partition, path, remote, offset, child: child === -1 ? undefined : child },
      byte_length: bytes?.length ?? byteLength,
      bytes: isText ? Buffer.from(bytes).toString() : undefined,
      base64: bytes && !isText ? Buffer.from(bytes).toString("base64") : undefined,
    })}\n`,
  );
}
