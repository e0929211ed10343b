import type { Dirent, Stats } from "node:fs";
import type { FileSystem } from "../../../src/plugin.ts";
import { codeOf, refusalOf } from "./refusal.ts";

/** The folder of this process's descriptors, where the system has one. */
export const DESCRIPTORS = "/proc/self/fd";

/** Whether files can be reached by their descriptors. */
export const hasDescriptors = (fileSystem: FileSystem): boolean => fileSystem.existsSync(DESCRIPTORS);

/** What file systems say that have no way to sync a folder. */
export const CANNOT_SYNC: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EPERM"]);

/**
 * An open folder, whose entries are opened from the folder itself and not along its path: what others put in the
 * place of a folder on the path cannot lead out of it. Node has no `openat`, but on Linux `/proc/self/fd/N/name`
 * is the same. Elsewhere each folder is checked when it is opened, and somebody quick enough could exchange it
 * for a symbolic link between that and the opening of an entry.
 */
export class Folder {
  readonly #fileSystem: FileSystem;
  readonly #hasDescriptors: boolean;
  readonly #descriptor: number;
  /** Where its entries are found. */
  readonly #location: string;
  /** Whether the folder asked for last was made. They come in runs, and looking first would cost each as much again. */
  #hasNewcomers = false;
  /** Below the base folder, for messages; empty for the base folder itself. */
  readonly #name: string;

  private constructor(fileSystem: FileSystem, hasDescriptors: boolean, path: string, name: string) {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fileSystem.constants;
    this.#fileSystem = fileSystem;
    this.#hasDescriptors = hasDescriptors;
    this.#descriptor = fileSystem.openSync(path, O_RDONLY | (O_DIRECTORY ?? 0) | (O_NOFOLLOW ?? 0));
    this.#location = hasDescriptors ? `${DESCRIPTORS}/${this.#descriptor}` : path;
    this.#name = name;
  }

  /** A folder by its path, whose last name may not be a symbolic link. */
  static open(fileSystem: FileSystem, path: string): Folder {
    return new Folder(fileSystem, hasDescriptors(fileSystem), path, "");
  }

  /** A folder in this one, made where it is absent and a mode is given. @throws Refusal when something else stands there */
  folder(name: string, mode: number | undefined): Folder {
    if (mode === undefined) return this.#enter(name);
    if (!(this.#hasNewcomers && this.#tryToMake(name, mode))) {
      const known = this.#find(name);
      this.#hasNewcomers = known === undefined;
      if (known !== undefined) return known;
      this.#make(name, mode);
    }
    const made = this.#enter(name);
    made.#hasNewcomers = true;
    return made;
  }

  /** The descriptor of a file in this folder, opened without following a link or waiting for a pipe's reader. @throws Refusal */
  file(name: string, flags: number, mode: number): number {
    const { O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = this.#fileSystem.constants;
    try {
      const harmless = (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0) | (O_NOCTTY ?? 0);
      return this.#fileSystem.openSync(`${this.#location}/${name}`, flags | harmless, mode);
    } catch (error) {
      throw this.#refusalOf(error, name, "file") ?? error;
    }
  }

  /** The number of its device. */
  get device(): number {
    return this.#fileSystem.fstatSync(this.#descriptor).dev;
  }

  /** Makes durable which names it has, where the file system can do that. */
  sync(): void {
    try {
      this.#fileSystem.fsyncSync(this.#descriptor);
    } catch (error) {
      if (!CANNOT_SYNC.has(codeOf(error) ?? "")) throw error;
    }
  }

  /** What is in it, in no order. */
  entries(): Dirent[] {
    return this.#fileSystem.readdirSync(this.#location, { withFileTypes: true });
  }

  /** Takes a name from this folder; what has it stays where it has others. */
  remove(name: string): void {
    this.#fileSystem.unlinkSync(`${this.#location}/${name}`);
  }

  /** Nothing was written through it, so that closing it cannot fail in a way that matters. */
  close(): void {
    try {
      this.#fileSystem.closeSync(this.#descriptor);
    } catch {
      // The system has let go of it all the same.
    }
  }

  /** A guess: what keeps it from being made shows when it is looked for. */
  #tryToMake(name: string, mode: number): boolean {
    try {
      this.#fileSystem.mkdirSync(`${this.#location}/${name}`, mode);
      return true;
    } catch {
      return false;
    }
  }

  #make(name: string, mode: number): void {
    try {
      this.#fileSystem.mkdirSync(`${this.#location}/${name}`, mode);
    } catch (error) {
      // Somebody else was quicker: what they made shows when it is opened.
      if (codeOf(error) !== "EEXIST") throw this.#refusalOf(error, name, "folder") ?? error;
    }
  }

  /** Undefined where it is absent. */
  #find(name: string): Folder | undefined {
    try {
      return this.#openEntry(name);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw this.#refusalOf(error, name, "folder") ?? error;
    }
  }

  #enter(name: string): Folder {
    try {
      return this.#openEntry(name);
    } catch (error) {
      throw this.#refusalOf(error, name, "folder") ?? error;
    }
  }

  #openEntry(name: string): Folder {
    return new Folder(this.#fileSystem, this.#hasDescriptors, `${this.#location}/${name}`, this.#pathOf(name));
  }

  #pathOf(name: string): string {
    return this.#name === "" ? name : `${this.#name}/${name}`;
  }

  #refusalOf(error: unknown, name: string, wanted: "file" | "folder"): Error | undefined {
    // As each new file is, before it is made: to look at what is there would cost as much again.
    if (codeOf(error) === "ENOENT") return undefined;
    let found: Stats | undefined;
    try {
      found = this.#fileSystem.lstatSync(`${this.#location}/${name}`, { throwIfNoEntry: false });
    } catch {
      // The first error says enough.
    }
    return refusalOf(error, this.#pathOf(name), wanted, found);
  }
}
