import type { Scanner } from "../json/scanner.ts";

/** Which part of a buffer some bytes are. */
export interface PlacedBytes {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Bytes that lie in the scanner's memory are a part of that, which it scans several times as fast; others are a buffer of their own. */
export function placeBytes({ memory }: Scanner, bytes: Uint8Array): PlacedBytes {
  const isInMemory = memory !== undefined && bytes.buffer === memory.buffer.buffer;
  const buffer = isInMemory ? memory.buffer : bufferOf(bytes);
  const start = isInMemory ? bytes.byteOffset : 0;
  return { buffer, start, end: start + bytes.length };
}

/** The same bytes, as a buffer. */
export const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
