import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { FileSystem } from "./file-system.ts";
import { readWhole } from "./whole-io.ts";

const CHUNK_BYTES = 256 * 1024;
/** Bytes summed between two looks at what else there is to do. */
const TURN_BYTES = 4 * 1024 * 1024;

/** The CRC-32 of a part of a file, of any size, in little memory and without holding up others. */
export async function sumFile(
  fileSystem: Pick<FileSystem, "readSync">,
  descriptor: number,
  start: number,
  length: number,
): Promise<number> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, length));
  let sum = 0;
  for (let done = 0; done < length; ) {
    const read = readWhole(fileSystem, descriptor, chunk, 0, Math.min(chunk.length, length - done), start + done);
    if (read === 0) break;
    sum = crc32(chunk.subarray(0, read), sum);
    if (Math.floor(done / TURN_BYTES) !== Math.floor((done + read) / TURN_BYTES)) await setImmediate();
    done += read;
  }
  return sum;
}
