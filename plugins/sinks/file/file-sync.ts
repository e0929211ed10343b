import { promisify } from "node:util";
import type { FileSystem } from "../../../src/plugin.ts";
import { CANNOT_SYNC } from "./folder.ts";
import { FolderTree, walk } from "./folder-tree.ts";
import { identityOf } from "./identity.ts";
import { type OpenFiles, openIfThere } from "./open-files.ts";
import { codeOf, describe } from "./refusal.ts";
import type { Unsynced, Written } from "./unsynced.ts";

/**
 * Up to so many files are synced one by one, more with their whole file system: measured on ext4, where 32 files took
 * about as long as that, and 128 several times as long.
 */
const MOST_BY_ONE = 32;
/** How many at once: the rest of Node's threads are for others. */
const LANES = 2;

/** Makes durable what a sink has written, while it goes on writing. */
export class FileSync {
  readonly #fileSystem: FileSystem;
  readonly #files: OpenFiles;
  readonly #unsynced: Unsynced;
  readonly #syncFileSystem: ((path: string) => Promise<boolean>) | undefined;

  /** `syncFileSystem` syncs the whole file system of a path; it gives false where the system has no way to. */
  constructor(
    fileSystem: FileSystem,
    files: OpenFiles,
    unsynced: Unsynced,
    syncFileSystem: ((path: string) => Promise<boolean>) | undefined,
  ) {
    this.#fileSystem = fileSystem;
    this.#files = files;
    this.#unsynced = unsynced;
    this.#syncFileSystem = syncFileSystem;
  }

  /** As {@link Sink.sync}, for what is written below a base folder. */
  async sync(base: string): Promise<void> {
    const written = this.#unsynced.begin();
    // Some file systems tell at closing that they could not keep what was written.
    this.#files.throwLost();
    let isComplete = true;
    if (written === undefined || written.files.size > MOST_BY_ONE) {
      if (!(await this.#syncFileSystem?.(base))) isComplete = await this.#syncEach(base, written);
    } else {
      isComplete = await this.#syncEach(base, written);
      // One was moved meanwhile: it is still somewhere on that file system.
      isComplete ||= (await this.#syncFileSystem?.(base)) ?? false;
    }
    // Those of this sync may have been closed while it ran.
    this.#files.throwLost();
    this.#unsynced.end();
    // The next sync has nothing to do with it: what was written is undone and written again.
    if (!isComplete) throw new Error(`cannot sync all below ${base}: a file was moved or removed before it was synced`);
  }

  /** Gives false where a file that was written to was not found. */
  async #syncEach(base: string, written: Written | undefined): Promise<boolean> {
    const tree = new FolderTree(this.#fileSystem, base);
    const { O_RDONLY } = this.#fileSystem.constants;
    const folders = [...(written?.folders ?? [])];
    let isComplete = true;
    try {
      await inLanes(written?.files.keys() ?? walk(tree, folders), async (path) => {
        const identity = written?.files.get(path);
        const descriptor = this.#files.openAgain(path, identity, tree);
        isComplete &&=
          identity === undefined || (descriptor !== undefined && identity === this.#identityOf(descriptor));
        if (descriptor !== undefined) await this.#syncAndClose("fdatasync", descriptor, path);
      });
      await inLanes(folders, async (path) => {
        const descriptor = openIfThere(() => tree.enter(path).file(".", O_RDONLY, 0));
        if (descriptor !== undefined) await this.#syncAndClose("fsync", descriptor, path || base);
      });
      return isComplete;
    } finally {
      tree.release();
    }
  }

  #identityOf(descriptor: number): string {
    const { fstatSync } = this.#fileSystem;
    return identityOf(fstatSync(descriptor), () => fstatSync(descriptor, { bigint: true }));
  }

  async #syncAndClose(call: "fdatasync" | "fsync", descriptor: number, path: string): Promise<void> {
    try {
      await promisify(this.#fileSystem[call])(descriptor);
    } catch (error) {
      if (call === "fdatasync" || !CANNOT_SYNC.has(codeOf(error) ?? "")) throw describe(error, `cannot sync ${path}`);
    } finally {
      this.#fileSystem.closeSync(descriptor);
    }
  }
}

async function inLanes<Item>(items: Iterable<Item>, act: (item: Item) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let hasFailed = false;
  const lane = async () => {
    for (let next = iterator.next(); !next.done && !hasFailed; next = iterator.next()) {
      try {
        await act(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
