import type { Stats } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { FileSystem } from "../../../src/plugin.ts";
import { isSameFile } from "./file-identity.ts";
import type { FileRecord } from "./file-record.ts";

/** The most names of a folder that are looked at. */
const MOST_NAMES = 20_000;

/** What a server or a disk says of a file that may well be there. */
const TROUBLE: ReadonlySet<string> = new Set(["ESTALE", "EIO", "ETIMEDOUT"]);

/** How often a folder is listed whose names change meanwhile. */
const MOST_TRIES = 5;

/** Fewer bytes than this are no evidence that one file is a copy of another, unless their names say so, too. */
export const TELLING_BYTES = 64;

export interface Entry {
  readonly path: string;
  readonly stats: Stats;
}

/** Looks for files where they were last, under any name: each folder is listed once. Made anew for each look. */
export class FolderSearch {
  readonly #fileSystem: FileSystem;
  readonly #folders = new Map<string, readonly Entry[] | undefined>();
  /** Those that hold more files than could be looked at. */
  readonly #unfinished = new Set<string>();
  readonly #beside = new Map<string, ReadonlySet<string> | undefined>();

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /**
   * The file that a record is about: its name may be another by now. `empty` where its folder has no files, or is not there
   * and nothing else is beside it, which may be the place of a volume that is not mounted yet; `unreadable` where it cannot
   * be listed, or not to its end: what is not found may be there all the same.
   */
  find({ identity, path }: FileRecord): Entry | "gone" | "empty" | "unreadable" {
    const same = this.#entry(path);
    if (same && isSameFile(identity, same.stats)) return same;
    const entries = this.#list(dirname(path));
    if (!entries) return "unreadable";
    const found = entries.find(({ stats }) => isSameFile(identity, stats));
    if (found) return found;
    if (this.#unfinished.has(dirname(path))) return "unreadable";
    return entries.length > 0 || this.#isRemoved(dirname(path)) ? "gone" : "empty";
  }

  /** Whether a folder is not there, and the lowest above it that is there holds others. */
  #isRemoved(folder: string): boolean {
    for (let at = folder; at !== dirname(at); at = dirname(at)) {
      const beside = this.#besides(dirname(at));
      if (beside) return beside.size > 0 && !beside.has(basename(at));
    }
    return false;
  }

  /** The names in a folder; undefined where it cannot be listed. */
  #besides(folder: string): ReadonlySet<string> | undefined {
    if (!this.#beside.has(folder)) this.#beside.set(folder, this.#namesOrNone(folder));
    return this.#beside.get(folder);
  }

  #namesOrNone(folder: string): ReadonlySet<string> | undefined {
    try {
      return new Set(this.#fileSystem.readdirSync(folder));
    } catch {
      return undefined;
    }
  }

  /**
   * Files beside it that may hold a copy of what the record is about, those born last first. A file of its very name is none, but
   * another log, however it begins.
   */
  copiesOf({ path, offset, beginning }: FileRecord): readonly Entry[] {
    const known = offset || (beginning?.bytes ?? 0);
    if (known === 0) return [];
    const name = basename(path);
    return (this.#list(dirname(path)) ?? [])
      .filter((entry) => entry.path !== path && (known >= TELLING_BYTES || basename(entry.path).startsWith(name)))
      .sort((one, other) => other.stats.birthtimeMs - one.stats.birthtimeMs);
  }

  #list(folder: string): readonly Entry[] | undefined {
    if (!this.#folders.has(folder)) this.#folders.set(folder, this.#listNow(folder));
    return this.#folders.get(folder);
  }

  /**
   * A file that is renamed or compressed while its folder is listed would be found under neither of its names, and pass for
   * gone: so it is listed until its names stay.
   */
  #listNow(folder: string): readonly Entry[] | undefined {
    let names = this.#names(folder);
    for (let tries = 1; names; tries++) {
      const entries = names.flatMap((name) => this.#entry(join(folder, name)) ?? []);
      const after = this.#names(folder);
      if (tries === MOST_TRIES || names.join("/") === after?.join("/")) return entries;
      names = after;
    }
    return undefined;
  }

  #names(folder: string): string[] | undefined {
    try {
      const names = this.#fileSystem.readdirSync(folder);
      if (names.length > MOST_NAMES) this.#unfinished.add(folder);
      return names.slice(0, MOST_NAMES);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === "ENOENT" || code === "ENOTDIR" ? [] : undefined;
    }
  }

  #entry(path: string): Entry | undefined {
    try {
      const stats = this.#fileSystem.statSync(path);
      return stats.isFile() ? { path, stats } : undefined;
    } catch (error) {
      if (TROUBLE.has((error as NodeJS.ErrnoException).code ?? "")) this.#unfinished.add(dirname(path));
      return undefined;
    }
  }
}
