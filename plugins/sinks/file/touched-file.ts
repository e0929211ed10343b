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
export interface TouchedFiles {
  readonly base: string;
  /** Of the base folder, when they were written. */
  readonly device: number;
  /** By path, in the order of the last additions. A path has several where a file was moved and another one born. */
  readonly files: Map<string, TouchedFile[]>;
}

/** Gathers what intents, oldest first, say of each file. One base folder unless the path of the sink was changed. */
export function gatherTouched(intents: readonly unknown[]): TouchedFiles[] {
  const bases = new Map<string, TouchedFiles>();
  for (const intent of intents) {
    const { base, device, additions } = decodeIntent(intent);
    const known = bases.get(base);
    const touched = { base, device, files: known?.files ?? new Map<string, TouchedFile[]>() };
    bases.set(base, touched);
    for (const addition of additions) gather(touched.files, addition);
  }
  return [...bases.values()];
}

function gather(files: Map<string, TouchedFile[]>, addition: Addition): void {
  const { path, device, inode, before, after } = addition;
  const ofPath = files.get(path) ?? [];
  files.delete(path);
  files.set(path, ofPath);
  const last = ofPath.at(-1);
  if (last === undefined || (inode !== 0 && last.inode !== 0 && last.inode !== inode) || isBornAnew(last, addition)) {
    ofPath.push({ path, device, inode, isBorn: inode === 0 && before === 0, before, after });
    return;
  }
  if (inode !== 0) [last.device, last.inode] = [device, inode];
  last.before = Math.min(last.before, before);
  // A batch that was undone may have reached further than the ones behind it, and the disk may not know that it was cut.
  last.after = Math.max(last.after, after);
}

/** A file whose inode is known cannot be the one that another batch then made in its place. */
function isBornAnew(last: TouchedFile, { inode, before }: Addition): boolean {
  return inode === 0 && before === 0 && last.inode !== 0;
}
