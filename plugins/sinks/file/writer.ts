import { LRUCache } from "lru-cache";
import type { FileSystem, Recovery } from "../../../src/plugin.ts";
import type { Additions } from "./batch-plan.ts";
import { FileSync } from "./file-sync.ts";
import { FolderTree } from "./folder-tree.ts";
import { type Addition, encodeIntent, type FileIntent } from "./intent.ts";
import { type OpenFile, OpenFiles, type OpenFilesSettings } from "./open-files.ts";
import { type Recovered, recoverFiles } from "./recovery.ts";
import { codeOf, describe, Refusal } from "./refusal.ts";
import { RefusedNames } from "./refused-names.ts";
import { Unsynced } from "./unsynced.ts";

/** A file that nothing is written to, by its index in {@link Additions.paths}, and why. */
export interface RefusedFile {
  readonly index: number;
  readonly reason: string;
}

/** What a batch will do to its files, or those that will not do: then it is to be prepared without them. */
export type Prepared = { readonly intent: FileIntent; readonly isFirst: boolean } | { readonly refused: RefusedFile[] };

/** Where files are, and how they are opened and made. */
export interface WriterSettings extends OpenFilesSettings {
  /** Made where it is absent, and resolved once: no file is opened outside it. */
  readonly base: string;
  /** Syncs the whole file system that a path is on; gives false where the system has no way to. */
  readonly syncFileSystem?: ((path: string) => Promise<boolean>) | undefined;
}

const MOST_OTHER_NAMES = 10_000;
const LINE_END = Uint8Array.of(0x0a);

/** An addition with how much of it is the events' own: less, where a line end is to part it from somebody's half line. */
interface PreparedAddition extends Addition {
  readonly length: number;
}

/** Adds batches to files, in two steps: what it would take to undo a batch is known before anything of it is written. */
export class Writer {
  readonly #fileSystem: FileSystem;
  readonly #tree: FolderTree;
  readonly #files: OpenFiles;
  readonly #refusedNames: RefusedNames;
  readonly #unsynced = new Unsynced();
  readonly #sync: FileSync;
  #additions: PreparedAddition[] = [];
  #intent: FileIntent | undefined;
  /** Paths by which a file is found that has another one: to some file systems `A` and `a` are the same. */
  readonly #otherNames = new LRUCache<string, string>({ max: MOST_OTHER_NAMES });
  /** The last addition to each file of the batch, and the paths of those that are there by their inodes. */
  #last = new Map<string, Addition>();
  #present = new Map<number, string>();
  /** How many of the additions may have left something in their files. */
  #begun = 0;
  #hasWritten = false;

  constructor(fileSystem: FileSystem, settings: WriterSettings) {
    this.#fileSystem = fileSystem;
    this.#tree = new FolderTree(fileSystem, settings.base);
    this.#files = new OpenFiles(fileSystem, this.#tree, settings);
    this.#refusedNames = new RefusedNames(settings.now);
    this.#sync = new FileSync(fileSystem, this.#files, this.#unsynced, settings.syncFileSystem);
  }

  /** Looks at the files of a batch, and makes none. Throws the disk's error when it fails. */
  prepare({ paths, lengths }: Additions): Prepared {
    this.#additions = [];
    this.#intent = undefined;
    this.#begun = 0;
    this.#last = new Map();
    this.#present = new Map();
    const refused: RefusedFile[] = [];
    let isFirst = false;
    try {
      paths.forEach((path, index) => {
        try {
          const addition = this.#look(this.#otherNames.get(path) ?? path, lengths[index]);
          isFirst ||= addition.inode === 0 || !this.#unsynced.has(addition.path, addition.inode);
          this.#last.set(addition.path, addition);
          this.#additions.push(addition);
        } catch (error) {
          if (!(error instanceof Refusal)) throw describe(error, `cannot write to ${path}`);
          refused.push({ index, reason: error.message });
        }
      });
    } finally {
      this.#tree.release();
    }
    if (refused.length > 0) return { refused };
    this.#intent = encodeIntent(this.#tree.path, this.#tree.device, this.#additions);
    return { intent: this.#intent, isFirst };
  }

  /**
   * Writes the batch that was prepared last. Each file's bytes stand in the arena one file behind the other. Throws where
   * the disk fails or a file is not what it was: then some of the batch may be there.
   */
  write(arena: Uint8Array): void {
    if (this.#intent === undefined || this.#begun > 0)
      throw new Error("a batch is written once, after it was prepared");
    this.#hasWritten = true;
    let start = 0;
    try {
      for (const [index, addition] of this.#additions.entries()) {
        const end = start + addition.length;
        try {
          this.#add(addition, arena, start, end);
        } catch (error) {
          if (error instanceof Refusal) this.#refuseNames(index);
          throw describe(error, `cannot write to ${addition.path}`);
        }
        start = end;
      }
    } finally {
      this.#tree.release();
    }
  }

  /** As {@link Sink.recover}. */
  recover(intents: readonly unknown[], recovery: Recovery): Recovered {
    // What is known of files, their descriptors included, is not so any more.
    this.#files.forget();
    if (recovery === "settle" && this.#isUnderWay(intents) && this.#begun < this.#additions.length) {
      // A file that was not begun holds nothing of ours, whatever its length says.
      const begun = this.#additions.slice(0, this.#begun);
      const recovered = recoverFiles(
        this.#fileSystem,
        [encodeIntent(this.#tree.path, this.#tree.device, begun)],
        "take back",
      );
      this.#begun = 0;
      return recovered;
    }
    // What this process has written, it knows all intents of.
    return recoverFiles(this.#fileSystem, intents, recovery === "undo" && this.#hasWritten ? "take back" : recovery);
  }

  /** As {@link Sink.sync}; other requests are answered meanwhile. */
  sync(): Promise<void> {
    return this.#sync.sync(this.#tree.path);
  }

  close(): void {
    this.#tree.release();
    this.#files.forget();
    this.#files.throwLost();
  }

  #look(path: string, length: number): PreparedAddition {
    // Two values can make one path.
    const last = this.#last.get(path);
    if (last !== undefined) return goOn(last, length);
    const file = this.#files.look(path);
    if (file === undefined) {
      this.#refusedNames.check(path);
      return { path, device: 0, inode: 0, before: 0, after: length, length };
    }
    const { device, inode, length: before, endsInLine } = file;
    const same = this.#last.get(this.#present.get(inode) ?? "");
    if (same?.device === device) {
      this.#otherNames.set(path, same.path);
      return goOn(same, length);
    }
    this.#present.set(inode, path);
    return { path, device, inode, before, after: before + (endsInLine ? 1 : 0) + length, length };
  }

  #add(addition: PreparedAddition, arena: Uint8Array, start: number, end: number): void {
    const { path, inode, before, after, length } = addition;
    const isBorn = inode === 0 && before === 0;
    const file = isBorn ? this.#create(path) : this.#files.look(path);
    if (file === undefined || (inode !== 0 && !isSame(file, addition)) || file.length !== before) {
      throw new Error("others moved it, cut it or wrote to it since the batch was prepared");
    }
    this.#begun++;
    this.#unsynced.add(path, file.inode, isBorn);
    if (after - before > length) this.#append(file, LINE_END, 0, 1);
    this.#append(file, arena, start, end);
    file.endsInLine = false;
  }

  #create(path: string): OpenFile {
    try {
      const file = this.#files.create(path);
      this.#present.set(file.inode, path);
      return file;
    } catch (error) {
      const there = codeOf(error) === "EEXIST" ? this.#files.look(path) : undefined;
      const same = there && this.#present.get(there.inode);
      if (same !== undefined) this.#otherNames.set(path, same);
      throw error;
    }
  }

  #append(file: OpenFile, bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; ) {
      const count = this.#fileSystem.writeSync(file.descriptor, bytes, at, end - at);
      if (count === 0) throw new Error("the file took none of the bytes");
      at += count;
      file.length += count;
    }
  }

  /** A file system may say only now that it cannot have some names: all of a batch's are found in one go. */
  #refuseNames(from: number): void {
    for (const { path, inode, before } of this.#additions.slice(from)) {
      if (inode !== 0 || before !== 0) continue;
      try {
        this.#files.create(path);
      } catch (error) {
        if (error instanceof Refusal) this.#refusedNames.add(path, error);
      }
    }
  }

  #isUnderWay([intent]: readonly unknown[]): boolean {
    const { base, files } = (intent ?? {}) as Partial<FileIntent>;
    return this.#intent !== undefined && this.#intent.files === files && this.#intent.base === base;
  }
}

/** What comes behind an addition to the same file. */
function goOn({ path, device, inode, after }: Addition, length: number): PreparedAddition {
  return { path, device, inode, before: after, after: after + length, length };
}

function isSame(file: OpenFile, { device, inode }: Addition): boolean {
  return file.device === device && file.inode === inode;
}
