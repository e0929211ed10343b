import type { Layout } from "./layout.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Deeper nesting than this is refused: the one place where Sluice is stricter than `JSON.parse`. */
export const MAX_DEPTH = 1024;

/** Why a record is no valid JSON: the code stands in the first pair of its row. */
export const SCAN_ERROR = {
  /** A byte that the grammar does not allow here. */
  SYNTAX: 1,
  /** The record ends before its value does. */
  UNFINISHED: 2,
  /** Bytes that are no UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing over U+10FFFF). */
  UTF8: 3,
  /** Nested deeper than {@link MAX_DEPTH}. */
  DEPTH: 4,
} as const;

/** What a scan found: `table` holds `count` rows of {@link rowLength} integers, and is the caller's to keep. */
export interface Rows {
  readonly table: Int32Array;
  readonly count: number;
  /** What the numbers of texts in the table mean. */
  readonly vocabulary: Vocabulary;
  /** Where to go on scanning: `end`, or less when the table was full before. */
  readonly next: number;
}

/** A layout made ready for one scanner. */
export interface Scan {
  /**
   * Scans the lines of `buffer[start, end)`, one JSON value each, parted by LF; the last need not end in one.
   * CR before LF and white space around a value belong to none; blank lines have no row.
   * Grammar and UTF-8 are checked to the last byte: what it passes, `JSON.parse` takes after strict UTF-8 decoding.
   */
  lines(buffer: Uint8Array, start: number, end: number): Rows;
  /**
   * Scans JSON values parted by white space alone (LF and CR count as white space everywhere), as
   * in a request's body. Stops behind the first invalid value, whose row reaches to `end`.
   */
  values(buffer: Uint8Array, start: number, end: number): Rows;
}

/** Memory that a scanner reads without a copy; `buffer[start, end)` is the caller's to fill. */
export interface ScannerMemory {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface Scanner {
  /** Absent where any buffer is scanned where it lies. A buffer that is not `memory.buffer` is scanned, too, but slower. */
  readonly memory?: ScannerMemory;
  prepare(layout: Layout): Scan;
}
