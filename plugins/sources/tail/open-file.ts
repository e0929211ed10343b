import type { Stats } from "node:fs";
import type { Block, FileSystem } from "../../../src/plugin.ts";
import type { Clock } from "./clock.ts";
import { type FileIdentity, identityOf } from "./file-identity.ts";

/** Two writes that are no farther apart may leave the same time. */
const TICK_MS = 20;

/**
 * Opens a file to read it. A pipe of that name would hold the process until somebody writes to it: opened like this it does not, and
 * has no size.
 */
export function openAt(fileSystem: FileSystem, path: string): number {
  const { O_RDONLY, O_NONBLOCK } = fileSystem.constants;
  return fileSystem.openSync(path, O_RDONLY | (O_NONBLOCK ?? 0));
}

/** The bytes at an offset of an open file: fewer where it ends. */
export function readAt(fileSystem: FileSystem, descriptor: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = fileSystem.readSync(descriptor, bytes, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** A path with all links followed; as it is, where the file has gone since it was found. */
export function homeOf(fileSystem: FileSystem, path: string): string {
  try {
    return fileSystem.realpathSync(path);
  } catch {
    return path;
  }
}

/** A link that leads nowhere is there, too, and so is what cannot be looked at. */
export function isThere(fileSystem: FileSystem, path: string): boolean {
  try {
    return fileSystem.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** What changes when a file does. */
export const stampOf = ({ size, mtimeMs }: Pick<Stats, "size" | "mtimeMs">): string => `${size}-${mtimeMs}`;

/** An open file, and what the file system told of it last. */
export class OpenFile {
  readonly #fileSystem: FileSystem;
  readonly #clock: Clock;
  readonly #descriptor: number;
  #stats: Stats;
  #identity: FileIdentity;
  #changedAt: number;
  /** It was written to so lately that the next write may have the same time. */
  #isFresh = true;

  constructor(fileSystem: FileSystem, clock: Clock, path: string) {
    this.#fileSystem = fileSystem;
    this.#clock = clock;
    this.#descriptor = openAt(fileSystem, path);
    try {
      this.#stats = fileSystem.fstatSync(this.#descriptor);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#identity = identityOf(this.#stats);
    this.#changedAt = clock.now();
  }

  get stats(): Stats {
    return this.#stats;
  }

  get size(): number {
    return this.#stats.size;
  }

  /** Bytes that it holds at this moment; {@link size} is what it held at the last look. */
  get sizeNow(): number {
    return this.#fileSystem.fstatSync(this.#descriptor).size;
  }

  get identity(): FileIdentity {
    return this.#identity;
  }

  /** Asks the file system again. Returns whether the file may be another than at the last look. */
  look(): boolean {
    const stats = this.#fileSystem.fstatSync(this.#descriptor);
    const hasChanged = stampOf(stats) !== stampOf(this.#stats);
    const isTouched = hasChanged || this.#isFresh;
    if (hasChanged) this.#changedAt = this.#clock.now();
    this.#isFresh = Math.abs(Date.now() - stats.mtimeMs) < TICK_MS;
    this.#stats = stats;
    if (this.#identity.birth === undefined) this.#identity = identityOf(stats);
    return isTouched;
  }

  isQuietFor(milliseconds: number): boolean {
    return this.#clock.now() - this.#changedAt >= milliseconds;
  }

  /** Fewer bytes where the file ends. */
  readonly bytesAt = (offset: number, length: number): Buffer =>
    readAt(this.#fileSystem, this.#descriptor, offset, length);

  /** Fills the block as far as one read does; returns how many bytes it brought. */
  read({ buffer, start, end }: Block, offset: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#fileSystem.read(this.#descriptor, buffer, start, end - start, offset, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
  }

  close(): void {
    this.#fileSystem.closeSync(this.#descriptor);
  }
}
