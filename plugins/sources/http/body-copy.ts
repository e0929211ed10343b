import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { FileSystem } from "../../../src/plugin.ts";

/**
 * The bytes of a body as they came, on the disk: for the case that they turn out to be no JSON and are to be kept. The
 * file has no name, so that nothing of it outlives the program.
 */
export class BodyCopy {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: number;
  #length = 0;
  #closed = false;

  constructor(fileSystem: FileSystem, folder: string) {
    this.#fileSystem = fileSystem;
    fileSystem.mkdirSync(folder, { recursive: true });
    const path = join(folder, `body-${randomUUID()}.partial`);
    this.#descriptor = fileSystem.openSync(path, "wx+", 0o600);
    fileSystem.unlinkSync(path);
  }

  get length(): number {
    return this.#length;
  }

  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      done += this.#fileSystem.writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#length + done);
    }
    this.#length += bytes.length;
  }

  /** The copy in pieces of at most this many bytes. */
  *pieces(pieceBytes: number): Generator<Buffer, void> {
    for (let at = 0; at < this.#length; at += pieceBytes) {
      const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, this.#length - at));
      for (let done = 0; done < piece.length; ) {
        const read = this.#fileSystem.readSync(this.#descriptor, piece, done, piece.length - done, at + done);
        if (read === 0) throw new Error("the copy of a body is shorter than what was written");
        done += read;
      }
      yield piece;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fileSystem.closeSync(this.#descriptor);
  }
}
