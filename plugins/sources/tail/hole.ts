/**
 * A file that was truncated while its writer went on at the offset where it was begins with a hole, which reads as zero
 * bytes: no line, however long it is.
 */
import type { SourceContext } from "../../../src/plugin.ts";

/** Whether bytes at an offset are a hole, or go on in the one that ended with what was read last. */
export const goesOnInHole = (bytes: Uint8Array, offset: number, last: Uint8Array): boolean =>
  bytes[0] === 0 && (offset === 0 || last.at(-1) === 0);

/** The part of the bytes that is the hole. */
export function holeIn(bytes: Uint8Array): Uint8Array {
  const end = bytes.findIndex((byte) => byte !== 0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Tells of a hole, once a file. */
export function tellHole({ log }: SourceContext, path: string): void {
  log.warn("the file begins with zero bytes, as where a writer goes on in a truncated file: they are passed over", {
    path,
  });
}
