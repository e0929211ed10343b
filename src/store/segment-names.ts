import { join } from "node:path";
import type { FileSystem } from "./file-system.ts";

const DIGITS = 16;
const SEGMENT = /^(\d{16})\.segment$/;
const ARRIVING = /^arriving-.*\.partial$/;

/** A file of frames. Its name is the offset of its first byte among all that the journal ever held. */
export interface Segment {
  readonly offset: number;
  readonly path: string;
  /** Bytes that readers may have. */
  length: number;
}

const padded = (offset: number): string => String(offset).padStart(DIGITS, "0");

export const segmentPath = (folder: string, offset: number): string => join(folder, `${padded(offset)}.segment`);

/** Damaged bytes keep the offset that they had. */
export const damagedName = (offset: number): string => `damaged-${padded(offset)}.bin`;

/** A body that is still arriving; what bears such a name at start is the leftover of a crash. */
export const arrivingPath = (folder: string, number: number): string =>
  join(folder, `arriving-${process.pid}-${number}.partial`);

/** The segments in a folder, by offset; a segment ends where the next begins at the latest. */
export function listSegments(fileSystem: FileSystem, folder: string): Segment[] {
  const offsets = fileSystem
    .readdirSync(folder)
    .flatMap((name) => SEGMENT.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  return offsets.map((offset, index) => {
    const path = segmentPath(folder, offset);
    const room = (offsets[index + 1] ?? Number.POSITIVE_INFINITY) - offset;
    return { offset, path, length: Math.min(fileSystem.statSync(path).size, room) };
  });
}

/** Deletes what was arriving when the program died: nobody was told that it had been accepted. */
export function deleteLeftovers(fileSystem: FileSystem, folder: string): void {
  for (const name of fileSystem.readdirSync(folder)) if (ARRIVING.test(name)) fileSystem.unlinkSync(join(folder, name));
}
