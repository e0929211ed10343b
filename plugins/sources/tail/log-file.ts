import type { Block, Position, RawBatch } from "../../../src/plugin.ts";
import type { FileRecord } from "./file-record.ts";

/** What a look at a file tells: there is more to read, nothing new, or what was read is there no longer. */
export type FileState = "grown" | "still" | "cut";

/** The partition that a file is, and where the file is. */
export interface Place {
  readonly partition: string;
  /** As the globs name it. */
  readonly path: string;
  /** All links followed. */
  readonly home: string;
}

/** A file that is read, as it is or compressed. */
export interface LogFile {
  readonly partition: string;
  /** The name that events carry: as the globs find it. */
  path: string;
  /** It has no name that a glob finds: it is read until it is quiet, and then rests. */
  isRetired: boolean;
  readonly record: FileRecord;
  /** Changes when the file does. */
  readonly stamp: string;
  readonly position: Position;
  /** Bytes that it holds now; undefined where only reading tells. */
  readonly bytes: number | undefined;
  /** Bytes that the next read can bring, as far as the last look tells. */
  readonly waiting: number;
  /** Whether some of what it held when it was found is still to be read. */
  readonly isBehind: boolean;
  /**
   * Looks at what the file begins with, as long as nothing of it is read: another file, or another content, is not taken for it
   * then. Returns whether the position says more by it than before.
   */
  noteBeginning(): boolean;
  look(): FileState;
  /** Milliseconds. */
  isQuietFor(milliseconds: number): boolean;
  /** Whole lines; undefined while a line has no end yet. */
  read(block: Block): Promise<RawBatch | undefined>;
  /**
   * What stands behind the last line end: taken if it is a whole event. Otherwise it is left, with a warning; or refused,
   * where nobody will ever write its rest (`isFinal`).
   */
  readRest(isFinal: boolean): RawBatch | undefined;
  /** It was found under another name; `home` is that with all links followed. */
  moveTo(path: string, home: string): void;
  /** What it holds now is read before anything that is found from now on. */
  goBefore(): void;
  /** Reading it failed, or brings no events: nothing waits for it any longer. */
  giveWay(): void;
  close(): void;
}
