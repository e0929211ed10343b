import { LRUCache } from "lru-cache";
import type { FileSystem } from "../../../src/plugin.ts";
import { descriptorLimit } from "./descriptor-limit.ts";
import { DESCRIPTORS, hasDescriptors } from "./folder.ts";
import type { FolderTree } from "./folder-tree.ts";
import { codeOf, kindOf, Refusal, refuse } from "./refusal.ts";

/** How long a file counts as what it was, and as being in its place, without a look, in milliseconds. */
const TRUSTED_FOR = 1000;
const LF = 0x0a;

/** A file that is open for appending. */
export interface OpenFile {
  readonly descriptor: number;
  /** Which file it is, whatever its name: numbers of its device and inode. */
  readonly device: number;
  readonly inode: number;
  /** Bytes: what it had when it was looked at, and what was written since. */
  length: number;
  /** Whether it ends within a line: somebody's, or one of ours that others wrote behind. */
  endsInLine: boolean;
  lookedAt: number;
}

/** How files are opened and made. */
export interface OpenFilesSettings {
  readonly maxOpenFiles: number;
  /** Permissions, from which the process's umask is taken. */
  readonly fileMode: number;
  readonly folderMode: number;
  /** Milliseconds that go forward only. */
  readonly now: () => number;
}

/** The files of a tree that are open now: a bounded number, the ones used last. */
export class OpenFiles {
  readonly #fileSystem: FileSystem;
  readonly #tree: FolderTree;
  readonly #settings: OpenFilesSettings;
  readonly #files: LRUCache<string, OpenFile>;
  readonly #most: number;
  readonly #lastByte = new Uint8Array(1);
  #lost: Error | undefined;

  constructor(fileSystem: FileSystem, tree: FolderTree, settings: OpenFilesSettings) {
    this.#fileSystem = fileSystem;
    this.#tree = tree;
    this.#settings = settings;
    // Sources and connections need descriptors, too.
    this.#most = Math.max(1, Math.min(settings.maxOpenFiles, descriptorLimit(fileSystem) >> 1));
    this.#files = new LRUCache({ max: this.#most });
  }

  /**
   * A file as it is now, or was within the last second: others seldom change it, and a look costs as much as half a write.
   * Undefined where none is in that place. @throws Refusal where something else is
   */
  look(path: string): OpenFile | undefined {
    const known = this.#files.get(path);
    if (known !== undefined) {
      if (this.#isInPlace(path, known)) return known;
      this.#files.delete(path);
      // Nobody will find it again to sync it.
      this.#letGo(known, (descriptor) => this.#fileSystem.fdatasyncSync(descriptor));
    }
    try {
      const { O_RDWR, O_APPEND } = this.#fileSystem.constants;
      return this.#open(path, O_RDWR | O_APPEND);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Makes a file, and the folders that it needs. @throws EEXIST where there is one; Refusal where something else is */
  create(path: string): OpenFile {
    const { O_RDWR, O_APPEND, O_CREAT, O_EXCL } = this.#fileSystem.constants;
    return this.#open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, this.#settings.folderMode);
  }

  /** Another descriptor of a file, to sync it by, or undefined where it is not in its place; the caller closes it. */
  openAgain(path: string, tree: FolderTree): number | undefined {
    const { O_RDONLY } = this.#fileSystem.constants;
    return openIfThere(() => {
      const known = this.#files.peek(path);
      // It may have been moved, and is open all the same.
      if (known !== undefined && hasDescriptors(this.#fileSystem)) {
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
  }

  /** Without a mode for folders, none is made. */
  #open(path: string, flags: number, folderMode?: number): OpenFile {
    this.#makeRoom(this.#most - 1);
    try {
      return this.#openFile(path, flags, folderMode);
    } catch (error) {
      // Others in the process have the rest of the descriptors.
      if ((codeOf(error) !== "EMFILE" && codeOf(error) !== "ENFILE") || this.#files.size === 0) throw error;
      this.#makeRoom(this.#files.size >> 1);
      return this.#openFile(path, flags, folderMode);
    }
  }

  #openFile(path: string, flags: number, folderMode: number | undefined): OpenFile {
    const slash = path.lastIndexOf("/");
    const folder = this.#tree.enter(slash < 0 ? "" : path.slice(0, slash), folderMode);
    const descriptor = folder.file(path.slice(slash + 1), flags, this.#settings.fileMode);
    try {
      const stats = this.#fileSystem.fstatSync(descriptor);
      if (!stats.isFile()) throw refuse(path, `it is ${kindOf(stats)}`);
      const { dev: device, ino: inode, size: length } = stats;
      const endsInLine = this.#endsInLine(descriptor, length);
      const file: OpenFile = { descriptor, device, inode, length, endsInLine, lookedAt: this.#settings.now() };
      this.#files.set(path, file);
      return file;
    } catch (error) {
      this.#fileSystem.closeSync(descriptor);
      throw error;
    }
  }

  #isInPlace(path: string, file: OpenFile): boolean {
    const now = this.#settings.now();
    if (now - file.lookedAt < TRUSTED_FOR) return true;
    try {
      const found = this.#fileSystem.lstatSync(`${this.#tree.path}/${path}`, { throwIfNoEntry: false });
      if (found?.ino !== file.inode || found.dev !== file.device) return false;
      // Others may have written to it, or cut it.
      if (found.size !== file.length) file.endsInLine = this.#endsInLine(file.descriptor, found.size);
      file.length = found.size;
      file.lookedAt = now;
      return true;
    } catch {
      // Opening it anew tells what is wrong, and whether it is wrong with this file alone.
      return false;
    }
  }

  #endsInLine(descriptor: number, length: number): boolean {
    if (length === 0) return false;
    const count = this.#fileSystem.readSync(descriptor, this.#lastByte, 0, 1, length - 1);
    return count === 1 && this.#lastByte[0] !== LF;
  }

  #makeRoom(most: number): void {
    while (this.#files.size > most) this.#letGo(this.#files.pop() as OpenFile);
  }

  #letGo({ descriptor }: OpenFile, sync?: (descriptor: number) => void): void {
    for (const call of [sync, this.#fileSystem.closeSync]) {
      try {
        call?.(descriptor);
      } catch (error) {
        // A descriptor is closed all the same. What was written through it may never reach the disk.
        this.#lost ??= error as Error;
      }
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
