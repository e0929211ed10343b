/** So many paths are remembered one by one. */
const MOST = 2 ** 17;

/** What was written to: the files' identities by their paths, and the folders that got or lost names. */
export interface Written {
  readonly files: ReadonlyMap<string, string>;
  readonly folders: ReadonlySet<string>;
}

/** Which files and folders hold what may not be durable. */
export class Unsynced {
  #files = new Map<string, string>();
  #folders = new Set<string>();
  #hasForgotten = false;
  /** What was written before the last sync began and is not known to be durable: undefined where it can be anything. */
  #owed: Written | undefined;
  #round = 1;

  /** A number that changes whenever files that were added have to be added again. */
  get round(): number {
    return this.#round;
  }

  /** Whether a file was written to since the last sync began. */
  has(path: string, identity: string): boolean {
    return this.#files.get(path) === identity;
  }

  /** To be called before something is written to a file. */
  add(path: string, identity: string, isBorn: boolean): void {
    if (this.#files.size === MOST) {
      this.#files.clear();
      this.#round++;
      this.#hasForgotten = true;
    }
    const known = this.#files.get(path);
    // The one that had this path is somewhere else, perhaps, and nothing says where.
    if (known !== undefined && known !== identity) this.#hasForgotten = true;
    this.#files.set(path, identity);
    if (!isBorn) return;
    for (let folder = parentOf(path); !this.#folders.has(folder); folder = parentOf(folder)) this.#folders.add(folder);
  }

  /**
   * Begins a sync: gives all that is not known to be durable, which stays so until {@link end}. Undefined where it can be
   * anything below the base folder, as at first, when nobody knows what a process before this one has left.
   */
  begin(): Written | undefined {
    const files = new Map(this.#owed?.files);
    for (const [path, identity] of this.#files) {
      if ((files.get(path) ?? identity) !== identity) this.#hasForgotten = true;
      files.set(path, identity);
    }
    const folders = new Set([...(this.#owed?.folders ?? []), ...this.#folders]);
    if (this.#owed !== undefined) this.#owed = this.#hasForgotten || files.size > MOST ? undefined : { files, folders };
    this.#files = new Map();
    this.#folders = new Set();
    this.#hasForgotten = false;
    this.#round++;
    return this.#owed;
  }

  /** All that the last {@link begin} gave is durable. */
  end(): void {
    this.#owed = { files: new Map(), folders: new Set() };
  }
}

/** The base folder, which is the empty path, is its own. */
function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
