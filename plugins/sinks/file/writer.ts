import type { FileSystem } from "../../../src/plugin.ts";
import type { Additions } from "./batch-plan.ts";
import { OpenFiles, type OpenFilesSettings } from "./open-files.ts";
import { codeOf, Refusal } from "./refusal.ts";

/** A file that nothing is written to, by its index in {@link Additions.paths}, and why. */
export interface RefusedFile {
  readonly index: number;
  readonly reason: string;
}

/** What became of a batch that was not thrown back. */
export interface Outcome {
  readonly refused: readonly RefusedFile[];
  /** Files that hold lines twice: a failed batch could not be taken back, as others have moved or written to them. */
  readonly doubled: readonly string[];
}

/** What it takes to undo an addition to one file. */
interface Addition {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  /** The file's length in bytes before it. */
  readonly before: number;
  /** How much of it has been written. */
  written: number;
}

/**
 * Adds batches to files, each wholly or not at all: when the disk fails, what was written of a batch is cut off
 * again before anything else is written, so that whoever tries it again doubles nothing.
 */
export class Writer {
  readonly #fileSystem: FileSystem;
  readonly #files: OpenFiles;
  /** What the batch under way, or one that failed, has added. */
  #additions: Addition[] = [];
  readonly #doubled: string[] = [];

  constructor(fileSystem: FileSystem, settings: OpenFilesSettings) {
    this.#fileSystem = fileSystem;
    this.#files = new OpenFiles(fileSystem, settings);
  }

  /**
   * Writes the bytes of each file, which stand in the arena one file behind the other. Throws the disk's error
   * when it fails; files that are refused for themselves fail nobody else.
   */
  append({ paths, lengths }: Additions, arena: Uint8Array): Outcome {
    try {
      this.#undo();
      const refused = this.#addAll(paths, lengths, arena);
      this.#additions = [];
      return { refused, doubled: this.#doubled.splice(0) };
    } catch (error) {
      this.#tryToUndo();
      throw error;
    } finally {
      this.#files.releaseFolders();
    }
  }

  close(): void {
    this.#tryToUndo();
    this.#files.close();
  }

  #addAll(paths: readonly string[], lengths: ArrayLike<number>, arena: Uint8Array): RefusedFile[] {
    const refused: RefusedFile[] = [];
    let start = 0;
    paths.forEach((path, index) => {
      const end = start + lengths[index];
      try {
        this.#add(path, arena, start, end);
      } catch (error) {
        if (!(error instanceof Refusal)) throw describe(error, `cannot write to ${path}`);
        refused.push({ index, reason: error.message });
      }
      start = end;
    });
    return refused;
  }

  #add(path: string, arena: Uint8Array, start: number, end: number): void {
    const file = this.#files.open(path);
    const addition: Addition = { path, device: file.device, inode: file.inode, before: file.length, written: 0 };
    this.#additions.push(addition);
    for (let at = start; at < end; ) {
      const count = this.#fileSystem.writeSync(file.descriptor, arena, at, end - at);
      if (count === 0) throw new Error("the file took none of the bytes");
      at += count;
      addition.written += count;
      file.length += count;
    }
  }

  #tryToUndo(): void {
    try {
      this.#undo();
    } catch {
      // The disk still fails. What is left to undo is undone before the next write.
    }
  }

  #undo(): void {
    for (let last = this.#additions.at(-1); last !== undefined; last = this.#additions.at(-1)) {
      try {
        if (last.written > 0) this.#cut(last);
      } catch (error) {
        if (!(error instanceof Refusal)) throw describe(error, `cannot take back what was written to ${last.path}`);
        this.#doubled.push(last.path);
      }
      this.#additions.pop();
    }
  }

  /** Cuts off what was added to a file, if that is still what it ends in. */
  #cut({ path, device, inode, before, written }: Addition): void {
    const file = this.#files.openExisting(path);
    if (file === undefined) return;
    if (file.device !== device || file.inode !== inode) {
      this.#doubled.push(path);
      return;
    }
    const { size } = this.#fileSystem.fstatSync(file.descriptor);
    file.length = size;
    if (size <= before) return;
    if (size > before + written) {
      this.#doubled.push(path);
      return;
    }
    this.#fileSystem.ftruncateSync(file.descriptor, before);
    file.length = before;
  }
}

/** The disk's error, with what it kept us from; without the path that it was opened by, which tells nobody anything. */
function describe(error: unknown, failure: string): Error {
  const { message } = error as Error;
  const code = codeOf(error);
  const text = `${failure}: ${message.replace(/, \w+(?: '.*')?$/su, "")}`;
  return Object.assign(new Error(text, { cause: error }), code === undefined ? {} : { code });
}
