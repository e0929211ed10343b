import { BYTE } from "./bytes.ts";
import type { Layout } from "./layout.ts";
import { RecordReader } from "./record-reader.ts";
import { type Rows, SCAN_ERROR, type Scan, type Scanner } from "./scanner.ts";

/** Integers of a table at which a scan returns early; the rows of one record stay together, however many. */
const FULL_TABLE = 1 << 17;

/** A scanner in plain TypeScript: it reads any buffer where it lies, and every other scanner must agree with it. */
export function createPlainScanner(): Scanner {
  return { prepare: (layout) => new PlainScan(layout) };
}

class PlainScan implements Scan {
  readonly #reader: RecordReader;

  constructor(layout: Layout) {
    this.#reader = new RecordReader(layout);
  }

  lines(buffer: Uint8Array, start: number, end: number): Rows {
    const { grammar, rows } = this.#begin(buffer, end, false);
    let at = start;
    while (at < end && rows.used < FULL_TABLE) {
      const line = at;
      at = grammar.skipSpace(line);
      if (at < end && buffer[at] !== BYTE.LF) {
        const row = rows.used;
        at = this.#readLine(at);
        if (at < 0) {
          at = lineEnd(buffer, grammar.errorAt, end);
          this.#invalidate(row, line, buffer[at - 1] === BYTE.CR ? at - 1 : at);
        }
      }
      at++;
    }
    grammar.close();
    return rows.take(Math.min(at, end));
  }

  values(buffer: Uint8Array, start: number, end: number): Rows {
    const { grammar, rows } = this.#begin(buffer, end, true);
    let at = grammar.skipSpace(start);
    while (at < end && rows.used < FULL_TABLE) {
      const value = at;
      const row = rows.used;
      at = this.#readParted(value);
      if (at < 0) {
        this.#invalidate(row, value, end);
        at = end;
      }
    }
    grammar.close();
    return rows.take(at);
  }

  #begin(buffer: Uint8Array, end: number, lineFeeds: boolean): RecordReader {
    this.#reader.grammar.open(buffer, end, lineFeeds);
    return this.#reader;
  }

  /** Reads the one value of a line; returns where the line ends. */
  #readLine(at: number): number {
    const { grammar } = this.#reader;
    const behind = this.#reader.readRecord(at);
    if (behind < 0) return -1;
    const rest = grammar.skipSpace(behind);
    return rest >= grammar.end || grammar.buffer[rest] === BYTE.LF ? rest : grammar.fail(SCAN_ERROR.SYNTAX, rest);
  }

  /** Reads a value with the white space that has to part it from the next; returns where that begins. */
  #readParted(at: number): number {
    const { grammar } = this.#reader;
    const behind = this.#reader.readRecord(at);
    if (behind < 0) return -1;
    const next = grammar.skipSpace(behind);
    return next > behind || next >= grammar.end ? next : grammar.fail(SCAN_ERROR.SYNTAX, next);
  }

  /** Notes that `[start, end)` is no record. Whatever fails at its end, or at the line end behind it, fails for want of bytes. */
  #invalidate(row: number, start: number, end: number): void {
    const { error, errorAt } = this.#reader.grammar;
    if (errorAt < end) this.#reader.rows.invalidate(row, start, end, error, errorAt);
    else this.#reader.rows.invalidate(row, start, end, SCAN_ERROR.UNFINISHED, end);
  }
}

function lineEnd(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && buffer[at] !== BYTE.LF) at++;
  return at;
}
