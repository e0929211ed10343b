/** What a batch adds to one file. */
export interface Addition {
  /** Below the base folder. */
  readonly path: string;
  /** Numbers of the file's device and inode; both 0 where the file is not there before the batch. */
  readonly device: number;
  readonly inode: number;
  /** The file's length in bytes before and after. */
  readonly before: number;
  readonly after: number;
}

/** All that a batch adds, as it stands in an intent. One long text, as the main thread is to have no work with it. */
export type FileIntent = {
  readonly version: 1;
  /** The folder that all paths start from. */
  readonly base: string;
  /** The device of the base folder. Its number may be another one after a restart of the machine. */
  readonly device: number;
  /** `path//inode,before,after,device//` for each file; the device only where it is not the base folder's. */
  readonly files: string;
};

/** Stands in no path: names are never empty. JSON needs no escape for it. */
const BETWEEN = "//";

/** The additions of an intent. @throws Error where it is none that this version of Sluice has written */
export function decodeIntent(intent: unknown): FileIntent & { readonly additions: Addition[] } {
  const { version, base, device, files } = (intent ?? {}) as Partial<FileIntent>;
  if (version !== 1 || typeof base !== "string" || typeof device !== "number" || typeof files !== "string") {
    throw new Error("an intent of a file sink is of another version: start the version of Sluice that wrote it");
  }
  const words = files.split(BETWEEN);
  const additions: Addition[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [inode, before, after, own = device] = words[at + 1].split(",").map(Number);
    if (!(before < after)) throw new Error(`an intent of a file sink is damaged at ${words[at]}`);
    additions.push({ path: words[at], device: inode === 0 ? 0 : own, inode, before, after });
  }
  return { version, base, device, files, additions };
}
