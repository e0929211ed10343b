import { crc32 } from "node:zlib";
import type { FileSystem } from "./file-system.ts";
import { encodeHeader, encodePrefix, type FrameHeader, PREFIX_BYTES } from "./frame.ts";
import { writeWhole } from "./whole-io.ts";

/**
 * A frame that is written while its payload arrives, into a file of its own. Until it is finished, its prefix is
 * missing: nobody can take it for a whole one.
 */
export class ArrivingFrame {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #header: Buffer;
  readonly #descriptor: number;
  #payloadBytes = 0;
  #payloadSum = 0;
  #closed = false;

  constructor(fileSystem: FileSystem, path: string, header: FrameHeader) {
    this.path = path;
    this.#fileSystem = fileSystem;
    this.#header = encodeHeader(header);
    this.#descriptor = fileSystem.openSync(path, "wx", 0o600);
  }

  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** The file's length, once finished. */
  get frameBytes(): number {
    return PREFIX_BYTES + this.#header.length + this.#payloadBytes;
  }

  /** Adds to the payload. @throws where the disk fails */
  write(bytes: Uint8Array): void {
    writeWhole(this.#fileSystem, this.#descriptor, [bytes], this.frameBytes);
    this.#payloadBytes += bytes.length;
    this.#payloadSum = crc32(bytes, this.#payloadSum);
  }

  /** Fills in the prefix, and makes the file durable if asked. */
  async finish(durable: boolean): Promise<void> {
    const prefix = encodePrefix(this.#header, this.#payloadBytes, this.#payloadSum);
    writeWhole(this.#fileSystem, this.#descriptor, [prefix, this.#header], 0);
    if (durable) {
      await new Promise<void>((resolve, reject) =>
        this.#fileSystem.fdatasync(this.#descriptor, (error) => (error ? reject(error) : resolve())),
      );
    }
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fileSystem.closeSync(this.#descriptor);
  }

  /** Closes and deletes the file. */
  discard(): void {
    this.close();
    try {
      this.#fileSystem.rmSync(this.path, { force: true });
    } catch {
      // The next start deletes it.
    }
  }
}
