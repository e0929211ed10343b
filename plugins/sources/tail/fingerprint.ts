import { createHash } from "node:crypto";
import type { FileSystem, Json } from "../../../src/plugin.ts";

const LONGEST = 1024;

/** What a file begins with, to know it again: a hash of its first bytes, 1 KiB of them at the most. */
export interface Fingerprint {
  readonly length: number;
  readonly hash: string;
}

/** The fingerprint of the part of a file that lies before `offset`. */
export function takeFingerprint(fileSystem: FileSystem, file: number, offset: number): Fingerprint {
  const length = Math.min(LONGEST, offset);
  return { length, hash: hashBeginning(fileSystem, file, length) };
}

/** Whether the file still begins as it did. */
export function isSame(fileSystem: FileSystem, file: number, known: Fingerprint): boolean {
  return hashBeginning(fileSystem, file, known.length) === known.hash;
}

/** Whether a fingerprint taken earlier says as much as one taken at `offset` would. */
export const isEnough = (known: Fingerprint | undefined, offset: number): known is Fingerprint =>
  known !== undefined && known.length >= Math.min(LONGEST, offset);

/** Reads a fingerprint back from a position's detail. */
export function fingerprintOf(detail: Json | undefined): Fingerprint | undefined {
  const { fingerprint } = (detail ?? {}) as { fingerprint?: Partial<Fingerprint> };
  if (typeof fingerprint?.length !== "number" || typeof fingerprint.hash !== "string") return undefined;
  return { length: fingerprint.length, hash: fingerprint.hash };
}

function hashBeginning(fileSystem: FileSystem, file: number, length: number): string {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const count = fileSystem.readSync(file, bytes, filled, length - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return createHash("sha256").update(bytes.subarray(0, filled)).digest("hex").slice(0, 32);
}
