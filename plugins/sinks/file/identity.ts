import type { BigIntStats, Stats } from "node:fs";

/**
 * Tells a file from all others that are there at the time, whatever its names: the numbers of its device and inode. Some
 * file systems use all 64 bits, where doubles run together: there `exact` is asked for the same again.
 */
export function identityOf({ dev, ino }: Stats, exact: () => BigIntStats): string {
  if (Number.isSafeInteger(dev) && Number.isSafeInteger(ino)) return `${dev}:${ino}`;
  const found = exact();
  return `${found.dev}:${found.ino}`;
}
