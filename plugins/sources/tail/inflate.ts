import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { FileSystem } from "../../../src/plugin.ts";
import { readAt } from "./open-file.ts";

const CHUNK_BYTES = 64 << 10;

/** Node's codes for bytes that are not gzip's, and for a file that ends too early. */
export const DAMAGED: ReadonlySet<string> = new Set(["Z_DATA_ERROR", "Z_STREAM_ERROR", "Z_NEED_DICT"]);
export const UNFINISHED = "Z_BUF_ERROR";

export const isCompressed = (path: string): boolean => path.endsWith(".gz");

/** What an open .gz file holds, a piece at a time: at most some 100 KiB of it are in memory, however well it is compressed. */
export function inflate(fileSystem: FileSystem, descriptor: number): AsyncIterableIterator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  pipeline(Readable.from(pieces(fileSystem, descriptor), { highWaterMark: 1 }), gunzip, () => {});
  return gunzip[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
}

/** How many bytes a complete .gz of one member holds, modulo 2^32: its last four bytes. */
export function inflatedSize(fileSystem: FileSystem, descriptor: number, size: number): number | undefined {
  const trailer = size >= 18 ? readAt(fileSystem, descriptor, size - 4, 4) : Buffer.alloc(0);
  return trailer.length === 4 ? trailer.readUInt32LE() : undefined;
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
