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
 * The body's bytes as they arrive, inflated. Whoever stops early leaves the request as it is, to be answered.
 * @throws Refusal (413) behind `maxBytes`, (400) where it is no gzip; the socket's error where the sender breaks off
 */
export async function* readBody(request: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer, void> {
  const received = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  let length = 0;
  for await (const chunk of isCompressed(request) ? inflate(received) : received) {
    length += chunk.length;
    if (length > maxBytes) throw Refusal.tooLarge(maxBytes);
    yield chunk;
  }
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
