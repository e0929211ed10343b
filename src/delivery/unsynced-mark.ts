import { join } from "node:path";
import { replaceFile } from "../store/atomic-file.ts";
import type { FileSystem } from "../store/file-system.ts";
import { readBootId } from "./boot-id.ts";

/**
 * Tells, in a file beside a journal's segments, that readers have had bytes of it which were not synced. A crash of the
 * machine may have taken those, and their offsets are not to be used again then: other bytes there would be taken for what
 * was delivered.
 */
export class UnsyncedMark {
  readonly #fileSystem: FileSystem;
  readonly #path: string;

  constructor(fileSystem: FileSystem, folder: string) {
    this.#fileSystem = fileSystem;
    this.#path = join(folder, "unsynced.json");
  }

  /** Whether the machine may have crashed since the mark was set. */
  get isOutlived(): boolean {
    if (!this.#fileSystem.existsSync(this.#path)) return false;
    const boot = readBootId(this.#fileSystem);
    return boot === undefined || this.#fileSystem.readFileSync(this.#path, "utf8") !== textOf(boot);
  }

  /** Sets the mark, durably, for this run of the machine. @throws where the disk fails */
  set(): void {
    const isSet = this.#fileSystem.existsSync(this.#path) && !this.isOutlived;
    if (!isSet) replaceFile(this.#fileSystem, this.#path, textOf(readBootId(this.#fileSystem)));
  }

  clear(): void {
    this.#fileSystem.rmSync(this.#path, { force: true });
  }
}

const textOf = (boot: string | undefined): string => `${JSON.stringify({ boot })}\n`;
