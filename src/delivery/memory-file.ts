import { dirname } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import type { Json } from "../plugin.ts";
import type { FileSystem } from "../store/file-system.ts";
import { syncFolderSoon } from "../store/folders.ts";
import { checkFrame, decodePrefix, encodeHeader, encodePrefix } from "../store/frame.ts";
import { writeWhole } from "../store/whole-io.ts";

/** What one filter gave to be kept. */
export interface Remembered {
  /** The filter's name and type. */
  readonly filter: string;
  readonly part: Json;
}

/** A frame as the journal has them, with JSON in place of records. */
export function encodeRemembered(remembered: Remembered): readonly Buffer[] {
  const payload = Buffer.from(JSON.stringify(remembered));
  const header = encodeHeader({ at: Date.now() });
  return [encodePrefix(header, payload.length, crc32(payload)), header, payload];
}

/** What the sound frames at the start of the bytes hold, and where they end. @throws UnknownFrameVersion */
export function decodeRemembered(bytes: Buffer): { readonly parts: readonly Remembered[]; readonly end: number } {
  const parts: Remembered[] = [];
  let end = 0;
  for (;;) {
    const prefix = decodePrefix(bytes, end, bytes.length);
    const next = end + (prefix?.frameBytes ?? 0);
    if (!prefix || next > bytes.length || !checkFrame(bytes, end, prefix)) return { parts, end };
    parts.push(JSON.parse(bytes.toString("utf8", next - prefix.payloadBytes, next)) as Remembered);
    end = next;
  }
}

/** A file of frames that begins with the whole memory, and grows by what is new. One process writes it, and only once. */
export class MemoryFile {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: number;
  readonly #wholeLength: number;
  #length: number;
  #syncing: Promise<void> = Promise.resolve();
  /** The folders that name it are synced. */
  #isNamed = false;

  /**
   * The file is there under its name once it holds these frames. A process that dies before leaves the one before it.
   * @throws what the disk says
   */
  constructor(fileSystem: FileSystem, path: string, whole: readonly Buffer[]) {
    this.path = path;
    this.#fileSystem = fileSystem;
    const beside = `${path}.new`;
    this.#descriptor = fileSystem.openSync(beside, "w", 0o600);
    try {
      this.#length = this.#wholeLength = writeWhole(fileSystem, this.#descriptor, whole, 0);
      fileSystem.renameSync(beside, path);
    } catch (error) {
      fileSystem.closeSync(this.#descriptor);
      fileSystem.rmSync(beside, { force: true });
      throw error;
    }
  }

  get length(): number {
    return this.#length;
  }

  /** How many times as long it is as the whole memory was when it was begun. */
  get growth(): number {
    return this.#length / Math.max(this.#wholeLength, 1);
  }

  /** Writes behind what is there; what a failed write has left is written over by the next. @throws what the disk says */
  append(frames: readonly Buffer[]): void {
    this.#length += writeWhole(this.#fileSystem, this.#descriptor, frames, this.#length);
  }

  /**
   * Returns when all that was appended before is durable, and the file's name.
   * @throws what the disk says: then the file is not to be believed any more, however often it is asked again
   */
  async sync(): Promise<void> {
    this.#syncing = this.#sync();
    await this.#syncing;
  }

  /** Closes the file when nothing is being synced any more. */
  close(): void {
    this.#syncing.catch(() => {}).finally(() => this.#fileSystem.closeSync(this.#descriptor));
  }

  async #sync(): Promise<void> {
    await promisify(this.#fileSystem.fdatasync)(this.#descriptor);
    if (this.#isNamed) return;
    const folder = dirname(this.path);
    for (const path of [folder, dirname(folder)]) await syncFolderSoon(this.#fileSystem, path);
    this.#isNamed = true;
  }
}
