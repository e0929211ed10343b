import type { Stats } from "node:fs";

/** What the file system knows a file by, whatever its name is. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
  /** Milliseconds since 1970. Absent where the file system does not tell, or has not told yet. */
  readonly birth?: number;
}

type FileStats = Pick<Stats, "dev" | "ino" | "birthtimeMs" | "ctimeMs">;

/**
 * The identity of a file. Where there are no birth times, Node gives the time of the last change instead: so only one that lies
 * before the last change is believed.
 */
export function identityOf({ dev, ino, birthtimeMs, ctimeMs }: FileStats): FileIdentity {
  const isTold = birthtimeMs > 0 && birthtimeMs < ctimeMs;
  return { device: dev, inode: ino, ...(isTold && { birth: birthtimeMs }) };
}

/**
 * Whether these are the stats of that file. An inode is given to another file as soon as it is free, but born at another
 * time; a device has another number after it was mounted anew, which alone does not make its files others.
 */
export function isSameFile(known: FileIdentity, { dev, ino, birthtimeMs }: FileStats): boolean {
  if (known.inode !== ino) return false;
  return known.birth === undefined ? known.device === dev : known.birth === birthtimeMs;
}

/** What no two files have at the same time. */
export const keyOf = ({ device, inode }: FileIdentity): string => `${device}-${inode}`;
