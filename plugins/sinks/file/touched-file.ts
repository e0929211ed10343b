import { type Addition, decodeIntent } from "./intent.ts";

/** What some batches have added to one file: all of it lies between two lengths. */
export interface TouchedFile {
  readonly path: string;
  /** 0 where nobody knows them: the file was born in the first of the batches. */
  device: number;
  inode: number;
  readonly isBorn: boolean;
  before: number;
  after: number;
}

/** The files of one base folder that intents tell of. */
export class TouchedFiles {
  readonly base: string;
  /** Of the base folder, when the last of the intents was written. */
  device = 0;
  /** In the order of their last additions. */
  readonly files = new Set<TouchedFile>();
  /** A path has several where others moved a file away and another one was made. */
  readonly #byPath = new Map<string, TouchedFile[]>();
  /** A file has several paths where `A` and `a` are the same to the file system. */
  readonly #byInode = new Map<number, TouchedFile>();

  constructor(base: string) {
    this.base = base;
  }

  add(addition: Addition): void {
    const { device, inode, before, after } = addition;
    const file = this.#find(addition) ?? this.#begin(addition);
    if (inode !== 0) {
      [file.device, file.inode] = [device, inode];
      this.#byInode.set(inode, file);
    }
    file.before = Math.min(file.before, before);
    // A batch that was undone may have reached further than those behind it, and the disk need not know that it was cut.
    file.after = Math.max(file.after, after);
    this.files.delete(file);
    this.files.add(file);
  }

  /** Whether a file that is found by this path is one of those that had it before. */
  isEarlier(path: string, inode: number): boolean {
    return this.#byPath.get(path)?.some((file) => file.inode === inode) ?? false;
  }

  /** The file that an addition goes on with, if there is one. */
  #find({ path, inode, before }: Addition): TouchedFile | undefined {
    const last = this.#byPath.get(path)?.at(-1);
    // A file whose inode is known cannot be the one that was then made in its place.
    if (inode === 0) return before === 0 && last?.inode !== 0 ? undefined : last;
    if (last?.inode === 0 || last?.inode === inode) return last;
    const same = this.#byInode.get(inode);
    // The number of a file that is gone is soon another one's.
    return same !== undefined && fold(same.path) === fold(path) ? same : undefined;
  }

  #begin({ path, device, inode, before, after }: Addition): TouchedFile {
    const file = { path, device, inode, isBorn: inode === 0 && before === 0, before, after };
    const ofPath = this.#byPath.get(path);
    if (ofPath === undefined) this.#byPath.set(path, [file]);
    else ofPath.push(file);
    return file;
  }
}

/** Gathers what intents, oldest first, say of each file. One base folder unless the path of the sink was changed. */
export function gatherTouched(intents: readonly unknown[]): TouchedFiles[] {
  const bases = new Map<string, TouchedFiles>();
  for (const intent of intents) {
    const { base, device, additions } = decodeIntent(intent);
    const touched = bases.get(base) ?? new TouchedFiles(base);
    bases.set(base, touched);
    touched.device = device;
    for (const addition of additions) touched.add(addition);
  }
  return [...bases.values()];
}

/** The same for paths that are the same to any file system. */
function fold(path: string): string {
  return path.normalize("NFKD").toLowerCase();
}
