import type { FileSystem } from "./file-system.ts";
import { makeFolder } from "./folders.ts";
import { Lock } from "./lock.ts";
import { refusalOf } from "./lock-refusal.ts";

/** The folders that one pipeline is the only one to write below. */
export class Claims {
  readonly #fileSystem: FileSystem;
  readonly #pipeline: string;
  /** By the folder's real path: two names of one folder are one claim. */
  readonly #locks = new Map<string, Lock>();

  /** @param pipeline the file of the pipeline, for whoever is refused */
  constructor(fileSystem: FileSystem, pipeline: string) {
    this.#fileSystem = fileSystem;
    this.#pipeline = pipeline;
  }

  /**
   * Makes a folder this pipeline's own; a second time does nothing.
   * @param mode permissions of the folder where it is made
   * @throws LockError where another pipeline has it, in this process or any other
   */
  claim(folder: string, mode = 0o750): void {
    const path = this.#make(folder, mode);
    if (!this.#locks.has(path)) this.#locks.set(path, Lock.take(this.#fileSystem, path, this.#pipeline));
  }

  /** Gives all of them back, the first one last. */
  release(): void {
    for (const lock of [...this.#locks.values()].reverse()) lock.release();
    this.#locks.clear();
  }

  /** The folder's real path. */
  #make(folder: string, mode: number): string {
    try {
      makeFolder(this.#fileSystem, folder, mode);
      return this.#fileSystem.realpathSync(folder);
    } catch (error) {
      throw refusalOf(error, this.#fileSystem, folder);
    }
  }
}
