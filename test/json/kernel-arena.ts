import assert from "node:assert/strict";
import { createKernelScanner } from "../../src/json/kernel-scanner.ts";
import { FLAG, type Layout, ROW, rowLength } from "../../src/json/layout.ts";
import type { Rows, Scan } from "../../src/json/scanner.ts";

export const scanner = createKernelScanner({ arenaBytes: 8 * 1024 * 1024 });
assert(scanner.memory !== undefined);
export const { buffer, start: arenaStart, end: arenaEnd } = scanner.memory;

/** Steps over all places that a byte can have in the words and vectors of the kernel. */
export const ALIGNMENTS = Array.from({ length: 64 }, (_, index) => index);

export const LAYOUT: Layout = { fields: [["a"], ["b", "c"], ["b", "ü"], ["requestReceivedTimestamp"]] };
export const scan = scanner.prepare(LAYOUT);

/** Scans `text` at `at` in the arena, as lines, between bytes that would go on with whatever it leaves open. */
export function scanAt(at: number, text: string | Uint8Array, using: Scan = scan): Rows {
  const bytes = Buffer.from(text as string);
  buffer.fill('"', arenaStart, Math.min(at + bytes.length + 256, arenaEnd));
  bytes.copy(buffer, at);
  return using.lines(buffer, at, at + bytes.length);
}

export function textAt(rows: Rows, row: number, field: number, layout: Layout = LAYOUT): string | undefined {
  const at = row * rowLength(layout) + ROW.FIELDS + 2 * field;
  return rows.table[at + 1] === 0 ? undefined : buffer.toString("utf8", rows.table[at], rows.table[at + 1]);
}

export function flagsOf(rows: Rows, row = 0, layout: Layout = LAYOUT): number {
  return rows.table[row * rowLength(layout) + ROW.FLAGS];
}

/** Asserts that the text at `at` is refused with this error at this offset of it. */
export function assertRefused(text: string | Uint8Array, at: number, error: number, offset: number): void {
  const rows = scanAt(at, text);
  assert.equal(rows.count, 1);
  const pair = [...rows.table.subarray(ROW.FIELDS, ROW.FIELDS + 2)];
  assert.deepEqual(
    [flagsOf(rows), ...pair],
    [FLAG.INVALID, error, at + offset],
    Buffer.from(text as string).toString(),
  );
}
