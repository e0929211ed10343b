import type { FileSystem, Recovery } from "../../../src/plugin.ts";
import type { Folder } from "./folder.ts";
import { FolderTree } from "./folder-tree.ts";
import { codeOf, describe, Refusal } from "./refusal.ts";
import { gatherTouched, type TouchedFile, type TouchedFiles } from "./touched-file.ts";
import { findLineEnd } from "./whole-lines.ts";

/** What others did to files while batches were under way. Such files are left as they are. */
export interface Meddling {
  readonly files: number;
  /** The first ones, each with what is the matter. */
  readonly first: readonly string[];
}

/** What became of batches. */
export interface Recovered {
  readonly outcome: "adopted" | "undone";
  readonly meddling: Meddling;
}

/** `take back` undoes what is known to be wholly told by the intents. */
export type FileRecovery = Recovery | "take back";

type State = "whole" | "in part" | "absent" | "moved" | "cut" | "appended to";

/** A file that is where a batch has written to it, or would have. */
interface Found {
  readonly folder: Folder;
  readonly name: string;
  readonly descriptor: number;
  readonly size: number;
}

const MEDDLED: Partial<Record<State, string>> = {
  moved: "it was moved or removed",
  cut: "it was cut",
  "appended to": "others wrote behind what Sluice did",
};
/** What became of a file that was whole when the next one was begun. */
const MEANWHILE: Partial<Record<State, State>> = { absent: "moved", "in part": "cut" };
const MOST_TOLD = 5;

/**
 * Finds what became of batches whose write failed or whose process died, and undoes them or keeps what is whole.
 * @throws what the disk says: then it is to be called again
 */
export function recoverFiles(fileSystem: FileSystem, intents: readonly unknown[], recovery: FileRecovery): Recovered {
  let outcome: Recovered["outcome"] = "undone";
  const told = new Set<string>();
  // A base folder that was found by another path before it was made comes first, and is undone last.
  for (const touched of gatherTouched(intents).reverse()) {
    const base = new BaseRecovery(fileSystem, touched, recovery, told);
    try {
      const isAdopted = (recovery === "settle" || recovery === "keep") && base.isWhole();
      if (isAdopted) outcome = "adopted";
      if (!isAdopted || recovery === "keep") base.takeBack();
    } finally {
      base.close();
    }
  }
  return { outcome, meddling: { files: told.size, first: [...told].slice(0, MOST_TOLD) } };
}

/** Recovers the files of one base folder. */
class BaseRecovery {
  readonly #fileSystem: FileSystem;
  readonly #touched: TouchedFiles;
  readonly #tree: FolderTree;
  readonly #recovery: FileRecovery;
  readonly #told: Set<string>;

  constructor(fileSystem: FileSystem, touched: TouchedFiles, recovery: FileRecovery, told: Set<string>) {
    this.#fileSystem = fileSystem;
    this.#touched = touched;
    this.#recovery = recovery;
    this.#tree = new FolderTree(fileSystem, touched.base);
    this.#told = told;
  }

  close(): void {
    this.#tree.release();
  }

  /**
   * Whether a batch is wholly there. Its files are written one after the other: with the last one whole, the others were,
   * even those that somebody has moved or cut since.
   */
  isWhole(): boolean {
    let last: State = "absent";
    const meddled: [TouchedFile, State][] = [];
    for (const file of this.#touched.files) {
      last = this.#visit(file, () => {});
      meddled.push([file, MEANWHILE[last] ?? last]);
    }
    if (last !== "whole" && last !== "appended to") return false;
    for (const [file, state] of meddled) this.#tell(file, state);
    return true;
  }

  /** Cuts each file to where it was, or to the last whole line behind that, and removes those that were born, if empty then. */
  takeBack(): void {
    const keepsLines = this.#recovery === "keep";
    for (const file of this.#touched.files) {
      const state = this.#visit(file, ({ folder, name, descriptor, size }) => {
        const length = keepsLines ? findLineEnd(this.#fileSystem, descriptor, file.before, size) : file.before;
        if (length < size) this.#fileSystem.ftruncateSync(descriptor, length);
        if (length === 0 && file.isBorn) folder.remove(name);
      });
      this.#tell(file, state);
    }
  }

  /** Calls `change` where a file ends in what batches have written. */
  #visit(file: TouchedFile, change: (found: Found) => void): State {
    const slash = file.path.lastIndexOf("/");
    const name = file.path.slice(slash + 1);
    let descriptor: number | undefined;
    try {
      const { O_RDWR, O_APPEND } = this.#fileSystem.constants;
      const folder = this.#tree.enter(slash < 0 ? "" : file.path.slice(0, slash));
      descriptor = folder.file(name, O_RDWR | O_APPEND, 0);
      const { dev, ino, size } = this.#fileSystem.fstatSync(descriptor);
      const state = this.#isThis(file, dev, ino) ? this.#judge(file, size) : "moved";
      if (state === "whole" || state === "in part") change({ folder, name, descriptor, size });
      return state;
    } catch (error) {
      if (error instanceof Refusal) return "moved";
      if (codeOf(error) === "ENOENT") return file.isBorn ? "absent" : "moved";
      throw describe(error, `cannot take back what was written to ${file.path}`);
    } finally {
      if (descriptor !== undefined) this.#fileSystem.closeSync(descriptor);
    }
  }

  #isThis({ path, device, inode }: TouchedFile, foundDevice: number, foundInode: number): boolean {
    if (inode === 0) return !this.#touched.isEarlier(path, foundInode);
    // Devices may have other numbers after a restart of the machine.
    const isComparable = this.#tree.device === this.#touched.device;
    return inode === foundInode && (!isComparable || device === foundDevice);
  }

  /** Of what a crash of the machine has left, later batches may be a part whose intents did not last: it has no known end. */
  #judge({ before, after }: TouchedFile, size: number): State {
    if (size < before) return "cut";
    if (size === after) return "whole";
    const isOpenEnded = this.#recovery === "undo" || this.#recovery === "keep";
    return size < after || isOpenEnded ? "in part" : "appended to";
  }

  #tell({ path }: TouchedFile, state: State): void {
    const reason = MEDDLED[state];
    if (reason !== undefined) this.#told.add(`${path}: ${reason}`);
  }
}
