import type { FileSystem } from "./file-system.ts";

type Reading = Pick<FileSystem, "readSync">;
type Writing = Pick<FileSystem, "writevSync">;

/** Reads until `length` bytes are there or the file ends; returns how many are. */
export function readWhole(
  fileSystem: Reading,
  descriptor: number,
  buffer: Uint8Array,
  start: number,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const read = fileSystem.readSync(descriptor, buffer, start + done, length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/**
 * Writes all of the chunks, however many calls that takes; returns their bytes.
 * @param position absent: where the file stands, which is its end where it was opened to append
 * @throws where the disk fails
 */
export function writeWhole(
  fileSystem: Writing,
  descriptor: number,
  chunks: readonly Uint8Array[],
  position?: number,
): number {
  let rest = chunks;
  let done = 0;
  while (rest.length > 0) {
    const written = fileSystem.writevSync(descriptor, rest, position === undefined ? undefined : position + done);
    done += written;
    rest = behind(rest, written);
    if (written === 0 && rest.length > 0) throw new Error("the disk took no byte of a write");
  }
  return done;
}

/** What is left of the chunks behind their first `count` bytes. */
function behind(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let index = 0;
  let left = count;
  while (index < chunks.length && left >= chunks[index].length) left -= chunks[index++].length;
  return left === 0 ? chunks.slice(index) : [chunks[index].subarray(left), ...chunks.slice(index + 1)];
}
