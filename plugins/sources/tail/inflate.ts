import { pipeline, Readable } from "node:stream";
import { createGunzip, type Gunzip } from "node:zlib";
import type { FileSystem } from "../../../src/plugin.ts";
import { openAt, readAt } from "./open-file.ts";

const CHUNK_BYTES = 64 << 10;

/** Node's codes for bytes that are not gzip's, and for a file that ends too early. */
export const DAMAGED: ReadonlySet<string> = new Set(["Z_DATA_ERROR", "Z_STREAM_ERROR", "Z_NEED_DICT"]);
export const UNFINISHED = "Z_BUF_ERROR";

/** Whether reading failed for what is in the file, not for the disk. */
export const isOfContent = (error: unknown): boolean => {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === UNFINISHED || DAMAGED.has(code);
};

export const isCompressed = (path: string): boolean => path.endsWith(".gz");

/** What a .gz file holds, a piece at a time: at most some 100 KiB of it are in memory, however well it is compressed. */
export class Inflation implements AsyncIterable<Buffer> {
  readonly #gunzip: Gunzip;
  readonly #pieces: AsyncIterator<Buffer>;

  /** The open file is the inflation's from now on: it is closed with it, when nothing is read from it any more. */
  constructor(fileSystem: FileSystem, descriptor: number) {
    const source = Readable.from(pieces(fileSystem, descriptor), { highWaterMark: 1 });
    source.once("close", () => fileSystem.closeSync(descriptor));
    this.#gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
    // Errors come to whoever asks for the next piece.
    pipeline(source, this.#gunzip, () => {});
    this.#pieces = this.#gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** @throws where the file cannot be read, is {@link DAMAGED} or {@link UNFINISHED} */
  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return { next: () => this.#pieces.next() };
  }

  close(): void {
    this.#gunzip.destroy();
  }
}

/** How many bytes a complete .gz of one member holds, modulo 2^32: its last four bytes tell. */
export function inflatedSize(fileSystem: FileSystem, path: string): number | undefined {
  const descriptor = openAt(fileSystem, path);
  try {
    const { size } = fileSystem.fstatSync(descriptor);
    const trailer = readAt(fileSystem, descriptor, Math.max(0, size - 4), 4);
    return trailer.length === 4 ? trailer.readUInt32LE() : undefined;
  } finally {
    fileSystem.closeSync(descriptor);
  }
}

async function* pieces(fileSystem: FileSystem, descriptor: number): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const piece = await readPiece(fileSystem, descriptor, at);
    if (piece.length === 0) return;
    yield piece;
    at += piece.length;
  }
}

function readPiece(fileSystem: FileSystem, descriptor: number, at: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  return new Promise((resolve, reject) => {
    fileSystem.read(descriptor, buffer, 0, buffer.length, at, (error, count) =>
      error ? reject(error) : resolve(buffer.subarray(0, count)),
    );
  });
}
