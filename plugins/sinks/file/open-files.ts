import type { Stats } from "node:fs";
import type { FileSystem } from "../../../src/plugin.ts";
import { descriptorLimit } from "./descriptor-limit.ts";
import { DESCRIPTORS, hasDescriptors } from "./folder.ts";
import type { FolderTree } from "./folder-tree.ts";
import { identityOf } from "./identity.ts";
import type { OpenFile, Place } from "./place.ts";
import { codeOf, kindOf, Refusal, refuse } from "./refusal.ts";

/** How long a file counts as what it was, and as being in its place, without a look, in milliseconds. */
const TRUSTED_FOR = 1000;
const LF = 0x0a;
const CLOSED = -1;

/** How files are opened and made. */
export interface OpenFilesSettings {
  readonly maxOpenFiles: number;
  /** Permissions, from which the process's umask is taken. */
  readonly fileMode: number;
  readonly folderMode: number;
  /** Milliseconds that go forward only. */
  readonly now: () => number;
}

/** The files of a tree that are open now: a bounded number, those used a while ago being closed first. */
export class OpenFiles {
  readonly #fileSystem: FileSystem;
  readonly #tree: FolderTree;
  readonly #settings: OpenFilesSettings;
  readonly #most: number;
  /** In the order of opening. */
  readonly #open = new Set<OpenFile>();
  /** Goes round to find a file to close: one that was not used since it came by. To keep them in the order of use costs more. */
  #hand = this.#open.values();
  /**
   * So that one file is not taken for two: those that are open, and those that were closed since the batch under way began.
   * A closed one may be gone, and what told it from all others be another's.
   */
  readonly #byIdentity = new Map<string, OpenFile>();
  readonly #closed: OpenFile[] = [];
  readonly #lastByte = new Uint8Array(1);
  #lost: Error | undefined;

  constructor(fileSystem: FileSystem, tree: FolderTree, settings: OpenFilesSettings) {
    this.#fileSystem = fileSystem;
    this.#tree = tree;
    this.#settings = settings;
    // Sources and connections need descriptors, too.
    this.#most = Math.max(1, Math.min(settings.maxOpenFiles, descriptorLimit(fileSystem) >> 1));
  }

  /** To be called when a batch begins: files that the one before saw closed may be gone, and their numbers others'. */
  begin(): void {
    for (const file of this.#closed.splice(0)) if (file.descriptor === CLOSED) this.#forgetIdentity(file);
  }

  /**
   * A file as it is at a time, or was within the second before: others seldom change it, and a look costs as much as half a
   * write. Undefined where none is in that place. @throws Refusal where something else is
   */
  look(place: Place, now: number): OpenFile | undefined {
    const known = place.file;
    if (known !== undefined && known.descriptor !== CLOSED) {
      if (now - place.lookedAt < TRUSTED_FOR || this.#isInPlace(place, known, now)) {
        known.wasUsed = true;
        return known;
      }
      if (known.place === place) this.#giveUp(known);
    }
    place.file = undefined;
    try {
      const { O_RDWR, O_APPEND } = this.#fileSystem.constants;
      return this.#openPlace(place, O_RDWR | O_APPEND);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Makes a file, and the folders that it needs. @throws EEXIST where there is one; Refusal where something else is */
  create(place: Place): OpenFile {
    const { O_RDWR, O_APPEND, O_CREAT, O_EXCL } = this.#fileSystem.constants;
    return this.#openPlace(place, O_RDWR | O_APPEND | O_CREAT | O_EXCL, this.#settings.folderMode);
  }

  /**
   * Another descriptor of a file, to sync it by, or undefined where it is not in its place; the caller closes it. With its
   * identity it is found even if it has been moved, as long as it is open.
   */
  openAgain(path: string, identity: string | undefined, tree: FolderTree): number | undefined {
    const { O_RDONLY } = this.#fileSystem.constants;
    return openIfThere(() => {
      const known = identity === undefined ? undefined : this.#byIdentity.get(identity);
      const isOpen = known?.place.path === path && known.descriptor !== CLOSED;
      if (isOpen && hasDescriptors(this.#fileSystem)) {
        return this.#fileSystem.openSync(`${DESCRIPTORS}/${known.descriptor}`, O_RDONLY);
      }
      const slash = path.lastIndexOf("/");
      return tree.enter(slash < 0 ? "" : path.slice(0, slash)).file(path.slice(slash + 1), O_RDONLY, 0);
    });
  }

  /** Throws what the system said when a file was closed: that it could not keep what was written. Once. */
  throwLost(): void {
    const lost = this.#lost;
    this.#lost = undefined;
    if (lost !== undefined) throw lost;
  }

  /** Closes everything: what it knows of files may no longer be so. */
  forget(): void {
    this.#makeRoom(0);
    this.begin();
  }

  /** Without a mode for folders, none is made. */
  #openPlace(place: Place, flags: number, folderMode?: number): OpenFile {
    this.#makeRoom(this.#most - 1);
    try {
      return this.#openFile(place, flags, folderMode);
    } catch (error) {
      // Others in the process have the rest of the descriptors.
      if ((codeOf(error) !== "EMFILE" && codeOf(error) !== "ENFILE") || this.#open.size === 0) throw error;
      this.#makeRoom(this.#open.size >> 1);
      return this.#openFile(place, flags, folderMode);
    }
  }

  #openFile(place: Place, flags: number, folderMode: number | undefined): OpenFile {
    const { path } = place;
    const slash = path.lastIndexOf("/");
    const folder = this.#tree.enter(slash < 0 ? "" : path.slice(0, slash), folderMode);
    const descriptor = folder.file(path.slice(slash + 1), flags, this.#settings.fileMode);
    let stats: Stats;
    let endsInLine: boolean;
    try {
      stats = this.#fileSystem.fstatSync(descriptor);
      if (!stats.isFile()) throw refuse(path, `it is ${kindOf(stats)}`);
      endsInLine = this.#endsInLine(descriptor, stats.size);
    } catch (error) {
      this.#fileSystem.closeSync(descriptor);
      throw error;
    }
    place.lookedAt = this.#settings.now();
    const file = this.#recognize(place, descriptor, stats, (flags & this.#fileSystem.constants.O_EXCL) !== 0);
    file.length = stats.size;
    file.endsInLine = endsInLine;
    place.file = file;
    return file;
  }

  /**
   * The file of a descriptor, which may be known by another path: then that one's descriptor stays the only one. One that
   * is closed may be gone and its number another's: it is known by the path that it still has, and never in one just made.
   */
  #recognize(place: Place, descriptor: number, stats: Stats, isMade: boolean): OpenFile {
    const identity = identityOf(stats, () => this.#fileSystem.fstatSync(descriptor, { bigint: true }));
    const known = this.#byIdentity.get(identity);
    if (known !== undefined) {
      const isOpen = known.descriptor !== CLOSED;
      if (!isMade && (known.place === place || this.#find(known.place, known) !== undefined)) {
        if (isOpen) this.#close(descriptor);
        else this.#reopen(known, descriptor);
        return known;
      }
      if (isOpen) this.#giveUp(known);
    }
    const unused = { endsInLine: false, wasUsed: false, unsyncedIn: 0, batch: 0, addition: 0 };
    const { dev: device, ino: inode, size: length } = stats;
    const file: OpenFile = { place, identity, device, inode, descriptor, length, ...unused };
    this.#byIdentity.set(identity, file);
    this.#open.add(file);
    return file;
  }

  #reopen(file: OpenFile, descriptor: number): void {
    file.descriptor = descriptor;
    this.#open.add(file);
  }

  #isInPlace(place: Place, file: OpenFile, now: number): boolean {
    try {
      const found = this.#find(place, file);
      if (found === undefined) return false;
      // Others may have written to it, or cut it.
      if (found.size !== file.length) file.endsInLine = this.#endsInLine(file.descriptor, found.size);
      file.length = found.size;
      place.lookedAt = now;
      return true;
    } catch {
      // Opening it anew tells what is wrong, and whether it is wrong with this file alone.
      return false;
    }
  }

  /** Undefined where the file is not in that place, or cannot be looked at there. */
  #find(place: Place, file: OpenFile): Stats | undefined {
    try {
      const path = `${this.#tree.path}/${place.path}`;
      const found = this.#fileSystem.lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined) return undefined;
      const identity = identityOf(found, () => this.#fileSystem.lstatSync(path, { bigint: true }));
      return identity === file.identity ? found : undefined;
    } catch {
      return undefined;
    }
  }

  #endsInLine(descriptor: number, length: number): boolean {
    if (length === 0) return false;
    const count = this.#fileSystem.readSync(descriptor, this.#lastByte, 0, 1, length - 1);
    return count === 1 && this.#lastByte[0] !== LF;
  }

  #makeRoom(most: number): void {
    while (this.#open.size > most) {
      const { value: file, done } = this.#hand.next();
      if (done) this.#hand = this.#open.values();
      else if (file.wasUsed) file.wasUsed = false;
      else this.#letGo(file);
    }
  }

  #letGo(file: OpenFile): void {
    this.#open.delete(file);
    this.#closed.push(file);
    this.#close(file.descriptor);
    file.descriptor = CLOSED;
  }

  /** Lets go of a file that nobody will find again by its path, to sync it or to go on with it. */
  #giveUp(file: OpenFile): void {
    this.#attempt(() => this.#fileSystem.fdatasyncSync(file.descriptor));
    this.#letGo(file);
    this.#forgetIdentity(file);
  }

  #forgetIdentity(file: OpenFile): void {
    if (this.#byIdentity.get(file.identity) === file) this.#byIdentity.delete(file.identity);
  }

  #close(descriptor: number): void {
    this.#attempt(() => this.#fileSystem.closeSync(descriptor));
  }

  /** A descriptor is closed even where that fails. What was written through it may never reach the disk. */
  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#lost ??= error as Error;
    }
  }
}

/** What `open` gives, or undefined where there is nothing of ours: nothing at all, or nothing that we may open. */
export function openIfThere(open: () => number): number | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof Refusal || codeOf(error) === "ENOENT" || codeOf(error) === "EACCES") return undefined;
    throw error;
  }
}
