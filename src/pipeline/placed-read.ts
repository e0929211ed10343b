import type { Origin } from "../event/event.ts";
import type { Read } from "../event/read-rows.ts";
import type { Scanner } from "../json/scanner.ts";

/** A read, and which part of its buffer it brought. */
export interface PlacedRead {
  readonly read: Read;
  readonly start: number;
  readonly end: number;
}

/** Bytes that lie in the scanner's memory are a part of that, which it scans several times as fast; others are a buffer of their own. */
export function placeRead({ memory }: Scanner, bytes: Uint8Array, offset: number, origin: Origin): PlacedRead {
  const isInMemory = memory !== undefined && bytes.buffer === memory.buffer.buffer;
  const buffer = isInMemory ? memory.buffer : bufferOf(bytes);
  const start = isInMemory ? bytes.byteOffset : 0;
  return { read: { buffer, shift: offset - start, origin, released: false }, start, end: start + bytes.length };
}

/** The same bytes, as a buffer. */
export const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
