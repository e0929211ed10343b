import type { Dirent } from "node:fs";
import { dirname } from "node:path";
import type { FileSystem } from "../../../src/plugin.ts";
import { Folder } from "./folder.ts";
import { codeOf, Refusal } from "./refusal.ts";

/** A base folder and those below it, entered step by step: no link is followed. */
export class FolderTree {
  readonly #fileSystem: FileSystem;
  readonly #given: string;
  #path: string | undefined;
  #base: Folder | undefined;
  /** The folder entered last: the next file is often beside it. */
  #folder: Folder | undefined;
  #folderPath = "";
  #device = 0;

  constructor(fileSystem: FileSystem, base: string) {
    this.#fileSystem = fileSystem;
    this.#given = base;
  }

  /** The base folder: without links once it has been entered, as those on the way to it are the administrator's. */
  get path(): string {
    return this.#path ?? this.#given;
  }

  /** The number of the base folder's device; 0 until it has been entered. */
  get device(): number {
    return this.#device;
  }

  /**
   * A folder by its path below the base, empty for the base itself; with a mode, what is absent is made. It is closed by
   * the tree. @throws Refusal where something else is in its place
   */
  enter(path: string, mode?: number): Folder {
    if (this.#folder !== undefined && this.#folderPath === path) return this.#folder;
    this.#leave();
    let folder = this.#openBase(mode);
    for (const name of path === "" ? [] : path.split("/")) {
      const above = folder;
      try {
        folder = above.folder(name, mode);
      } finally {
        if (above !== this.#base) above.close();
      }
    }
    this.#folder = folder;
    this.#folderPath = path;
    return folder;
  }

  /** Lets go of folders: to be called when a batch ends, as others may move them until the next. */
  release(): void {
    this.#leave();
    this.#base?.close();
    this.#base = undefined;
  }

  #openBase(mode: number | undefined): Folder {
    if (this.#base !== undefined) return this.#base;
    if (mode !== undefined) {
      const made = this.#fileSystem.mkdirSync(this.path, { recursive: true, mode });
      if (made !== undefined) this.#syncFrom(made);
    }
    this.#path ??= this.#fileSystem.realpathSync(this.#given);
    this.#base = Folder.open(this.#fileSystem, this.#path);
    this.#device = this.#base.device;
    return this.#base;
  }

  /** Makes durable that there is a base folder, which happens once. */
  #syncFrom(firstMade: string): void {
    for (let path = this.path; path.length >= firstMade.length; path = dirname(path)) {
      const above = Folder.open(this.#fileSystem, this.#fileSystem.realpathSync(dirname(path)));
      try {
        above.sync();
      } finally {
        above.close();
      }
      if (path === dirname(path)) return;
    }
  }

  #leave(): void {
    if (this.#folder !== this.#base) this.#folder?.close();
    this.#folder = undefined;
  }
}

/** Whoever opens and closes the file of a lock in the process that holds it gives the lock back. */
const LOCKS = ".sluice.";

/** The paths of all files below the base folder but for locks; adds those of its folders to a list. */
export function* walk(tree: FolderTree, folders: string[]): Generator<string> {
  const open = [""];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const entries = entriesOf(tree, folder);
    if (entries === undefined) continue;
    folders.push(folder);
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile() && !entry.name.startsWith(LOCKS)) yield path;
    }
  }
}

/** Undefined where there is no such folder any more, or none of ours. */
function entriesOf(tree: FolderTree, folder: string): Dirent[] | undefined {
  try {
    return tree.enter(folder).entries();
  } catch (error) {
    if (error instanceof Refusal || codeOf(error) === "ENOENT" || codeOf(error) === "EACCES") return undefined;
    throw error;
  }
}
