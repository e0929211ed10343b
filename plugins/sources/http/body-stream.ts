import type { IncomingMessage } from "node:http";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Refusal } from "./refusal.ts";

const INFLATED_CHUNK_BYTES = 64 * 1024;
const GZIP = new Set(["gzip", "x-gzip"]);

/** Memory that inflating one body takes. */
export const INFLATE_BYTES = 2 * INFLATED_CHUNK_BYTES;

/** Whether the body is compressed. @throws Refusal (415) where it is by anything but gzip */
export function isCompressed(request: IncomingMessage): boolean {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return false;
  if (GZIP.has(encoding)) return true;
  throw Refusal.unknownEncoding();
}

/**
 * Gives the body's bytes to `take` as they arrive, inflated; returns at its end. Where `take` throws, the rest of the request is
 * left as it is, to be answered.
 * @throws Refusal (413) behind `maxBytes`, (400) where it is no gzip; the socket's error where the sender breaks off
 */
export async function takeBody(
  request: IncomingMessage,
  maxBytes: number,
  take: (chunk: Buffer) => void,
): Promise<void> {
  let length = 0;
  const takeWithin = (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) throw Refusal.tooLarge(maxBytes);
    take(chunk);
  };
  if (!isCompressed(request)) return takeEach(request, takeWithin);
  for await (const chunk of inflate(request.iterator({ destroyOnReturn: false }))) takeWithin(chunk);
}

/** An iteration would do the same, with several promises a chunk. */
function takeEach(request: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const takeOne = (chunk: Buffer) => {
    try {
      take(chunk);
    } catch (error) {
      end();
      request.pause();
      reject(error);
    }
  };
  const finish = () => {
    end();
    resolve();
  };
  const fail = (error = new Error("the sender broke off")) => {
    end();
    reject(error);
  };
  const end = () => void request.off("data", takeOne).off("end", finish).off("error", fail).off("close", fail);
  request.on("data", takeOne).on("end", finish).on("error", fail).on("close", fail);
  return promise;
}

async function* inflate(received: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const gunzip = createGunzip({ chunkSize: INFLATED_CHUNK_BYTES });
  const compressed = new ByteCounter();
  pipeline(Readable.from(compressed.count(received), { objectMode: false }), gunzip, () => {});
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code?.startsWith("Z_") ? Refusal.invalid("the body is no valid gzip") : error;
  }
  // Node passes over what follows the compressed data; nothing that was sent may go unnoticed.
  if (gunzip.bytesWritten < compressed.bytes) throw Refusal.invalid("there are bytes behind the gzip data");
}

class ByteCounter {
  bytes = 0;

  async *count(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    for await (const chunk of chunks) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}
