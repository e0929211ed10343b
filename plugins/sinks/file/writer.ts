import type { FileSystem, Recovery } from "../../../src/plugin.ts";
import { AdditionList } from "./addition-list.ts";
import { FileSync } from "./file-sync.ts";
import { FolderTree } from "./folder-tree.ts";
import type { FileIntent } from "./intent.ts";
import { IntentText } from "./intent-text.ts";
import { OpenFiles, type OpenFilesSettings } from "./open-files.ts";
import { type NumberedPaths, PathHearer } from "./path-numbers.ts";
import { type OpenFile, Place } from "./place.ts";
import { type Recovered, recoverFiles } from "./recovery.ts";
import { codeOf, describe, Refusal } from "./refusal.ts";
import { RefusedNames } from "./refused-names.ts";
import { Unsynced } from "./unsynced.ts";

/** A file that nothing is written to, by its index in {@link NumberedPaths.numbers}, and why. */
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

const LINE_END = Uint8Array.of(0x0a);

/** Adds batches to files, in two steps: what it would take to undo a batch is known before anything of it is written. */
export class Writer {
  readonly #fileSystem: FileSystem;
  readonly #now: () => number;
  readonly #tree: FolderTree;
  readonly #files: OpenFiles;
  readonly #refusedNames: RefusedNames;
  readonly #unsynced = new Unsynced();
  readonly #sync: FileSync;
  readonly #places = new PathHearer((path) => new Place(path));
  readonly #additions = new AdditionList();
  readonly #text = new IntentText();
  #intent: FileIntent | undefined;
  #batch = 0;
  /** How many of the additions may have left something in their files. */
  #begun = 0;
  #hasWritten = false;
  /** The last batch was not written to its end. */
  #hasFailed = false;

  constructor(fileSystem: FileSystem, settings: WriterSettings) {
    this.#fileSystem = fileSystem;
    this.#now = settings.now;
    this.#tree = new FolderTree(fileSystem, settings.base);
    this.#files = new OpenFiles(fileSystem, this.#tree, settings);
    this.#refusedNames = new RefusedNames(settings.now);
    this.#sync = new FileSync(fileSystem, this.#files, this.#unsynced, settings.syncFileSystem);
  }

  /**
   * Looks at the files of a batch, and makes none. Each gets so many bytes; one may come again. Throws the disk's error when
   * it fails. With `isAhead`, it was asked before anybody knew what became of the batch before: where that has failed, it throws, as
   * what is known of that one is needed to settle it.
   */
  prepare(paths: NumberedPaths, lengths: ArrayLike<number>, isAhead = false): Prepared {
    // First, as what fails before it would part the numbers here from those of the teller for good.
    const places = this.#places.hear(paths);
    if (isAhead && this.#hasFailed) throw new Error("the batch before has failed, and is to be settled first");
    this.#hasFailed = false;
    this.#intent = undefined;
    this.#begun = 0;
    this.#batch++;
    this.#files.begin();
    this.#additions.begin(lengths);
    this.#text.begin();
    const now = this.#now();
    const refused: RefusedFile[] = [];
    let isFirst = false;
    try {
      for (let index = 0; index < paths.numbers.length; index++) {
        const place = places[paths.numbers[index]];
        try {
          isFirst = this.#look(place, lengths[index], now) || isFirst;
        } catch (error) {
          if (!(error instanceof Refusal)) throw describe(error, `cannot write to ${place.path}`);
          refused.push({ index, reason: error.message });
        }
      }
    } finally {
      this.#tree.release();
    }
    if (refused.length > 0) return { refused };
    this.#intent = this.#told();
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
    this.#hasFailed = true;
    let start = 0;
    try {
      for (let index = 0; index < this.#additions.count; index++) {
        const end = start + this.#additions.lengths[index];
        try {
          this.#add(index, arena, start, end);
        } catch (error) {
          if (error instanceof Refusal) this.#refuseNames(index);
          throw describe(error, `cannot write to ${this.#additions.places[index].path}`);
        }
        start = end;
      }
      this.#hasFailed = false;
    } finally {
      this.#tree.release();
    }
  }

  /** As {@link Sink.recover}. */
  recover(intents: readonly unknown[], recovery: Recovery): Recovered {
    // What is known of files, their descriptors included, is not so any more.
    this.#files.forget();
    if (recovery === "settle" && this.#isUnderWay(intents) && this.#begun < this.#additions.count) {
      // A file that was not begun holds nothing of ours, whatever its length says.
      const recovered = recoverFiles(this.#fileSystem, [this.#tellBegun()], "take back");
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

  /** Gives whether no earlier batch since the last sync tells of the same file. */
  #look(place: Place, length: number, now: number): boolean {
    const additions = this.#additions;
    const file = this.#files.look(place, now);
    // Only among files that one batch makes is it not seen which are the same: others are found by each of their paths.
    if (file === undefined && place.first.batch !== this.#batch) place.part();
    const target = file ?? place.first;
    const isAnother = target.batch === this.#batch;
    if (isAnother) additions.goOn(target.addition, length);
    else if (file === undefined) {
      this.#refusedNames.check(place.first.path);
      additions.add(place.first, 0, 0, 0, length);
    } else {
      const { device, inode, length: before, endsInLine } = file;
      additions.add(file.place, device, inode, before, before + (endsInLine ? 1 : 0) + length);
    }
    target.batch = this.#batch;
    target.addition = additions.count - 1;
    this.#text.tell(additions, target.addition, this.#tree.device);
    return file === undefined || !this.#isUnsynced(file);
  }

  #isUnsynced({ unsyncedIn, place, identity }: OpenFile): boolean {
    // One that was closed in between is known by its path.
    return unsyncedIn === this.#unsynced.round || this.#unsynced.has(place.path, identity);
  }

  #add(index: number, arena: Uint8Array, start: number, end: number): void {
    const { places, devices, inodes, befores, afters } = this.#additions;
    const place = places[index];
    const before = befores[index];
    const isBorn = inodes[index] === 0 && before === 0;
    const file = isBorn ? this.#create(place) : this.#files.look(place, this.#now());
    const isSame = file?.length === before && (inodes[index] === 0 || isIt(file, devices[index], inodes[index]));
    if (!isSame) throw new Error("others moved it, cut it or wrote to it since the batch was prepared");
    this.#begun++;
    if (file.unsyncedIn !== this.#unsynced.round) {
      this.#unsynced.add(place.path, file.identity, isBorn);
      file.unsyncedIn = this.#unsynced.round;
    }
    if (afters[index] - before > end - start) this.#append(file, LINE_END, 0, 1);
    this.#append(file, arena, start, end);
    file.endsInLine = false;
  }

  #create(place: Place): OpenFile {
    try {
      return this.#files.create(place);
    } catch (error) {
      // One that this batch has made may be found by this path, too: the next try knows that they are one.
      const there = codeOf(error) === "EEXIST" ? this.#files.look(place, this.#now()) : undefined;
      if (there?.place.batch === this.#batch) place.join(there.place);
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
    const { count, places, inodes, befores } = this.#additions;
    for (let index = from; index < count; index++) {
      if (inodes[index] !== 0 || befores[index] !== 0) continue;
      try {
        this.#files.create(places[index]);
      } catch (error) {
        if (error instanceof Refusal) this.#refusedNames.add(places[index].path, error);
      }
    }
  }

  /** What undoes the additions that may have left something. */
  #tellBegun(): FileIntent {
    this.#text.begin();
    for (let index = 0; index < this.#begun; index++) this.#text.tell(this.#additions, index, this.#tree.device);
    return this.#told();
  }

  #told(): FileIntent {
    return { version: 1, base: this.#tree.path, device: this.#tree.device, files: this.#text.toString() };
  }

  #isUnderWay([intent]: readonly unknown[]): boolean {
    const { base, files } = (intent ?? {}) as Partial<FileIntent>;
    return this.#intent !== undefined && this.#intent.files === files && this.#intent.base === base;
  }
}

function isIt(file: OpenFile, device: number, inode: number): boolean {
  return file.device === device && file.inode === inode;
}
