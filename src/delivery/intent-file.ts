import { dirname } from "node:path";
import { promisify } from "node:util";
import type { FileSystem } from "../store/file-system.ts";
import { syncFolderSoon } from "../store/folders.ts";
import { writeWhole } from "../store/whole-io.ts";

/**
 * One generation of intents, being written. What the disk has refused to sync is never believed to be there, however often
 * it is asked again: the file is broken then, and another takes its place.
 */
export class IntentFile {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: number;
  #length = 0;
  #synced = -1;
  #syncing: Promise<void> | undefined;
  #failure: Error | undefined;

  /** Makes the file; one that is there holds nothing that counts. @throws what the disk says */
  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.#descriptor = fileSystem.openSync(path, "w", 0o600);
  }

  get length(): number {
    return this.#length;
  }

  /** How many bytes are known to be on the disk. */
  get durable(): number {
    return Math.max(this.#synced, 0);
  }

  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  /** Writes a record wholly or not at all. @throws what the disk says */
  append(chunks: readonly Uint8Array[]): void {
    try {
      this.#length += writeWhole(this.#fileSystem, this.#descriptor, chunks, this.#length);
    } catch (error) {
      // What is left of it is written over by the next record, and no sound one until then.
      this.#fileSystem.ftruncateSync(this.#descriptor, this.#length);
      throw error;
    }
  }

  /** Returns when all that was appended before is durable, and the file's name. @throws what the disk says, ever since it did */
  async sync(): Promise<void> {
    const wanted = this.#length;
    while (this.#synced < wanted) {
      if (this.#failure) throw this.#failure;
      this.#syncing ??= this.#sync().finally(() => {
        this.#syncing = undefined;
      });
      await this.#syncing;
    }
  }

  /** Waits for what is being synced, and for those who wait to sync behind that, then closes the file. */
  async close(): Promise<void> {
    while (this.#syncing) await this.#syncing.catch(() => {});
    this.#fileSystem.closeSync(this.#descriptor);
  }

  async #sync(): Promise<void> {
    const length = this.#length;
    try {
      await promisify(this.#fileSystem.fdatasync)(this.#descriptor);
      if (this.#synced < 0) await syncFolderSoon(this.#fileSystem, dirname(this.path));
      this.#synced = length;
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }
}
