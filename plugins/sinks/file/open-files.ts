import { LRUCache } from "lru-cache";
import type { FileSystem } from "../../../src/plugin.ts";
import { descriptorLimit } from "./descriptor-limit.ts";
import { Folder } from "./folder.ts";
import { codeOf, kindOf, refuse } from "./refusal.ts";

/** How long a file counts as being in its place without a look, in milliseconds. */
const TRUSTED_FOR = 1000;

/** A file that is open for appending. */
export interface OpenFile {
  readonly descriptor: number;
  /** Which file it is, whatever its name: numbers of its device and inode. */
  readonly device: number;
  readonly inode: number;
  /** Bytes: what it had when it was looked at, and what was written since. */
  length: number;
  lookedAt: number;
}

/** Where files are, and how they are made. */
export interface OpenFilesSettings {
  /** Made where it is absent, and resolved once: no file is opened outside it. */
  readonly base: string;
  readonly maxOpenFiles: number;
  /** Permissions, from which the process's umask is taken. */
  readonly fileMode: number;
  readonly folderMode: number;
  /** Milliseconds that go forward only. */
  readonly now: () => number;
}

/** The files below a base folder that are open now: a bounded number, the ones used last. */
export class OpenFiles {
  readonly #fileSystem: FileSystem;
  readonly #settings: OpenFilesSettings;
  readonly #files: LRUCache<string, OpenFile>;
  readonly #most: number;
  #basePath: string | undefined;
  #base: Folder | undefined;
  /** The folder of the file opened last: the next is often beside it. */
  #folder: Folder | undefined;
  #folderPath = "";

  constructor(fileSystem: FileSystem, settings: OpenFilesSettings) {
    this.#fileSystem = fileSystem;
    this.#settings = settings;
    // Sources and connections need descriptors, too.
    this.#most = Math.max(1, Math.min(settings.maxOpenFiles, descriptorLimit(fileSystem) >> 1));
    this.#files = new LRUCache({ max: this.#most });
  }

  /** A file for appending, made where it is absent. One that was moved away or deleted is made again. @throws Refusal */
  open(path: string): OpenFile {
    const known = this.#files.get(path);
    if (known !== undefined) {
      if (this.#isInPlace(path, known)) return known;
      this.#files.delete(path);
      this.#fileSystem.closeSync(known.descriptor);
    }
    const { O_WRONLY, O_APPEND, O_CREAT } = this.#fileSystem.constants;
    return this.#openAnew(path, O_WRONLY | O_APPEND | O_CREAT, this.#settings.folderMode);
  }

  /** The same, but undefined where it is absent. @throws Refusal */
  openExisting(path: string): OpenFile | undefined {
    try {
      const { O_WRONLY, O_APPEND } = this.#fileSystem.constants;
      return this.#files.get(path) ?? this.#openAnew(path, O_WRONLY | O_APPEND);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Lets go of folders: to be called when a batch ends, as others may move them until the next. */
  releaseFolders(): void {
    this.#leaveFolder();
    this.#base?.close();
    this.#base = undefined;
  }

  /** Closes everything, and throws when the system says that it could not keep what was written. */
  close(): void {
    this.releaseFolders();
    const errors: unknown[] = [];
    while (this.#files.size > 0) {
      try {
        this.#makeRoom(0);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Without a mode for folders, none is made. */
  #openAnew(path: string, flags: number, folderMode?: number): OpenFile {
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
    const folder = this.#enter(slash < 0 ? "" : path.slice(0, slash), folderMode);
    const descriptor = folder.file(path.slice(slash + 1), flags, this.#settings.fileMode);
    try {
      const stats = this.#fileSystem.fstatSync(descriptor);
      if (!stats.isFile()) throw refuse(path, `it is ${kindOf(stats)}`);
      const { dev: device, ino: inode, size: length } = stats;
      const file: OpenFile = { descriptor, device, inode, length, lookedAt: this.#settings.now() };
      this.#files.set(path, file);
      return file;
    } catch (error) {
      this.#fileSystem.closeSync(descriptor);
      throw error;
    }
  }

  /** The folder of a path below the base, each step of it checked. */
  #enter(path: string, folderMode: number | undefined): Folder {
    if (this.#folder !== undefined && this.#folderPath === path) return this.#folder;
    this.#leaveFolder();
    let folder = this.#openBase();
    for (const name of path === "" ? [] : path.split("/")) {
      const above = folder;
      try {
        folder = above.folder(name, folderMode);
      } finally {
        if (above !== this.#base) above.close();
      }
    }
    this.#folder = folder;
    this.#folderPath = path;
    return folder;
  }

  #openBase(): Folder {
    if (this.#base !== undefined) return this.#base;
    const path = this.#basePath ?? this.#settings.base;
    this.#fileSystem.mkdirSync(path, { recursive: true, mode: this.#settings.folderMode });
    // Links on the way to the base are the administrator's; from here on none is followed.
    this.#basePath ??= this.#fileSystem.realpathSync(path);
    this.#base = Folder.open(this.#fileSystem, this.#basePath);
    return this.#base;
  }

  #leaveFolder(): void {
    if (this.#folder !== this.#base) this.#folder?.close();
    this.#folder = undefined;
  }

  #isInPlace(path: string, file: OpenFile): boolean {
    const now = this.#settings.now();
    if (now - file.lookedAt < TRUSTED_FOR) return true;
    try {
      const found = this.#fileSystem.lstatSync(`${this.#basePath}/${path}`, { throwIfNoEntry: false });
      if (found?.ino !== file.inode || found.dev !== file.device) return false;
      file.lookedAt = now;
      file.length = found.size;
      return true;
    } catch {
      // Opening it anew tells what is wrong, and whether it is wrong with this file alone.
      return false;
    }
  }

  #makeRoom(most: number): void {
    while (this.#files.size > most) this.#fileSystem.closeSync((this.#files.pop() as OpenFile).descriptor);
  }
}
