/** Paths beyond these are not remembered one by one. */
const MOST = 2 ** 17;

/**
 * Which files and folders hold what may not be durable: all of them at first, as nobody knows what a process before this
 * one has left.
 */
export class Unsynced {
  /** What was touched since the last sync began, with the numbers of the files' inodes. */
  #files = new Map<string, number>();
  #folders = new Set<string>();

  /** Whether a file was written to since the last sync began. */
  has(path: string, inode: number): boolean {
    return this.#files.get(path) === inode;
  }

  /** To be called before something is written to a file. */
  touch(path: string, inode: number, isBorn: boolean): void {
    if (this.#files.size === MOST) this.#files.clear();
    this.#files.set(path, inode);
    if (!isBorn) return;
    for (let folder = parentOf(path); !this.#folders.has(folder); folder = parentOf(folder)) this.#folders.add(folder);
  }
}

/** The base folder, which is the empty path, is its own. */
function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
