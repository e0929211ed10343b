import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createKernelScanner } from "../../src/json/kernel-scanner.ts";
import type { Layout } from "../../src/json/layout.ts";
import { createPlainScanner } from "../../src/json/plain-scanner.ts";
import type { Scan } from "../../src/json/scanner.ts";
import { bytesOf } from "./corpus/case.ts";
import { corpus } from "./corpus/index.ts";
import { brokenJson } from "./json-text.ts";
import { LAYOUTS } from "./layouts.ts";
import { type Placed, place } from "./scan-rows.ts";

describe("the kernel and the plain scanner fill the same tables", () => {
  const kernel = createKernelScanner({ arenaBytes: 4 * 1024 * 1024 });
  const plain = createPlainScanner();
  const pairs = LAYOUTS.map((layout) => [kernel.prepare(layout), plain.prepare(layout)] as const);

  const agree = (bytes: Uint8Array, [one, other]: readonly [Scan, Scan], shift: number): void => {
    const placed = place(kernel, bytes, shift);
    for (const mode of ["lines", "values"] as const) {
      const [expected, found] = [tableOf(other, mode, placed), tableOf(one, mode, placed)];
      // Comparing buffers is fast; comparing the tables shows where they differ.
      if (!found.equals(expected)) assert.deepEqual(integersOf(found), integersOf(expected));
    }
  };

  test("for the corpus", () => {
    const inputs = Object.values(corpus).flatMap(({ valid, invalid }) => [...valid, ...invalid]);
    for (const [index, input] of inputs.entries()) agree(bytesOf(input), pairs[index % pairs.length], index % 64);
  });

  test("for lines with random faults, cut off anywhere", () => {
    const body = fc
      .tuple(
        fc.array(fc.tuple(brokenJson, fc.constantFrom("\n", "\r\n", " ", "")), { maxLength: 5 }),
        fc.nat({ max: 9 }),
      )
      .map(([lines, cut]) => {
        const bytes = Buffer.concat(lines.flatMap(([line, lineEnd]) => [line, Buffer.from(lineEnd)]));
        return bytes.subarray(0, Math.max(0, bytes.length - cut));
      });
    fc.assert(fc.property(body, fc.constantFrom(...pairs), fc.nat({ max: 63 }), agree), { numRuns: 5000, seed: 1 });
  });

  test("for random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...pairs), fc.nat({ max: 63 }), agree), {
      numRuns: 2000,
      seed: 1,
    });
  });

  test("for a record that has more elements than the kernel's table has rows", () => {
    const fields = Array.from({ length: 60 }, (_, index) => [`field${index}`]);
    const layout: Layout = { fields, elements: { at: ["items"], fields: [["a"]] } };
    const list = Buffer.from(`{"field1":0}\n{"items":[${Array(20_000).fill('{"a":1}').join(",")}]}\n{"items":[{}]}\n`);
    agree(list, [kernel.prepare(layout), plain.prepare(layout)], 0);
  });
});

/** The rows of as many calls as it takes. */
function tableOf(scan: Scan, mode: "lines" | "values", { buffer, start, end }: Placed): Buffer {
  const tables: Buffer[] = [];
  for (let at = start; at < end; ) {
    const { table, next } = scan[mode](buffer, at, end);
    tables.push(Buffer.from(table.buffer, table.byteOffset, table.byteLength));
    at = next;
  }
  return Buffer.concat(tables);
}

function integersOf(table: Buffer): number[] {
  return Array.from({ length: table.length / 4 }, (_, index) => table.readInt32LE(4 * index));
}
