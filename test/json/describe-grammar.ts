import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FLAG } from "../../src/json/layout.ts";
import { MAX_DEPTH, SCAN_ERROR, type Scanner } from "../../src/json/scanner.ts";
import { bytesOf, nameOf } from "./corpus/case.ts";
import { corpus } from "./corpus/index.ts";
import { brokenJson } from "./json-text.ts";
import { LAYOUTS } from "./layouts.ts";
import { parse } from "./reference.ts";
import { place, type Row, scanRows } from "./scan-rows.ts";

/** What a scanner takes for JSON, and what it says of the rest. */
export function describeGrammar(name: string, scanner: Scanner): void {
  const [layout] = LAYOUTS;
  const prepared = scanner.prepare(layout);
  const scan = (bytes: Uint8Array, mode: "lines" | "values", shift = 0): Row[] =>
    scanRows(prepared, layout, mode, place(scanner, bytes, shift));
  const isOneValue = (rows: Row[]): boolean =>
    rows.length === 1 + rows[0]?.elements && (rows[0].flags & FLAG.INVALID) === 0;

  describe(`what ${name} takes for JSON`, () => {
    for (const [matter, { valid, invalid }] of Object.entries(corpus)) {
      test(`${matter}: what JSON.parse takes, however it is aligned`, () => {
        for (const input of [...valid, ...invalid]) {
          const expected = valid.includes(input);
          for (const shift of [0, 1, 7, 13]) {
            assert.equal(isOneValue(scan(bytesOf(input), "lines", shift)), expected, nameOf(input));
            assert.equal(isOneValue(scan(bytesOf(input), "values", shift)), expected, nameOf(input));
          }
        }
      });
    }

    test("documents with random faults: what JSON.parse takes", () => {
      fc.assert(
        fc.property(brokenJson, fc.nat({ max: 40 }), (bytes, shift) => {
          const expected = parse(bytes) !== undefined;
          assert.equal(isOneValue(scan(bytes, "values", shift)), expected);
          if (!bytes.includes(0x0a)) assert.equal(isOneValue(scan(bytes, "lines", shift)), expected);
        }),
        { numRuns: 2500, seed: 1 },
      );
    });

    test("random bytes: what JSON.parse takes", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
          assert.equal(isOneValue(scan(bytes, "values")), parse(bytes) !== undefined);
        }),
        { numRuns: 2500, seed: 1 },
      );
    });

    for (const open of ["[", '{"a":', '{"user":', '[{"x":']) {
      test(`${MAX_DEPTH} levels of ${open}, and not one more`, () => {
        const levels = open.startsWith("[{") ? 2 : 1;
        const close = open === "[" ? "]" : levels === 1 ? "}" : "}]";
        const nest = (times: number): Buffer => Buffer.from(`${open.repeat(times)}1${close.repeat(times)}`);
        const deepest = MAX_DEPTH / levels;
        assert.ok(isOneValue(scan(nest(deepest), "lines")));
        const [row, ...more] = scan(nest(deepest + 1), "lines");
        assert.deepEqual(more, []);
        assert.equal(row.flags, FLAG.INVALID);
        assert.deepEqual(row.pairs[0], [SCAN_ERROR.DEPTH, deepest * open.length]);
      });
    }

    test("a million brackets are refused at the first that is too deep", () => {
      assert.deepEqual(scan(Buffer.alloc(1_000_000, "["), "lines")[0].pairs[0], [SCAN_ERROR.DEPTH, MAX_DEPTH]);
    });
  });

  describe(`what ${name} says of what is no JSON`, () => {
    const { SYNTAX, UNFINISHED, UTF8 } = SCAN_ERROR;
    const faults: readonly (readonly [number, string | { readonly hex: string }, number])[] = [
      [SYNTAX, '{"a":1,}', 7],
      [SYNTAX, '{"a" 1}', 5],
      [SYNTAX, '{"a":1 "b"}', 7],
      [SYNTAX, "{1:2}", 1],
      [SYNTAX, "{}x", 2],
      [SYNTAX, "{}}", 2],
      [SYNTAX, "[1,]", 3],
      [SYNTAX, "[1}", 2],
      [SYNTAX, "01", 1],
      [SYNTAX, "1.x", 2],
      [SYNTAX, "-x", 1],
      [SYNTAX, "trux", 3],
      [SYNTAX, "Null", 0],
      [SYNTAX, '"\\x"', 2],
      [SYNTAX, '"\\u00g0"', 5],
      [SYNTAX, '"\\u00"', 5],
      [SYNTAX, '"a\tb"', 2],
      [SYNTAX, '"a\rb"', 2],
      [SYNTAX, `"${"x".repeat(40)}\u0000"`, 41],
      [SYNTAX, "\ufeff{}", 0],
      [SYNTAX, "é", 0],
      [SYNTAX, "\u0000", 0],
      [UNFINISHED, "{", 1],
      [UNFINISHED, '{"a', 3],
      [UNFINISHED, '{"a"', 4],
      [UNFINISHED, '{"a":', 5],
      [UNFINISHED, '{"a":1', 6],
      [UNFINISHED, '{"a":1,', 7],
      [UNFINISHED, "[1, ", 4],
      [UNFINISHED, `"${"x".repeat(40)}`, 41],
      [UNFINISHED, '"\\', 2],
      [UNFINISHED, '"\\u00', 5],
      [UNFINISHED, "tru", 3],
      [UNFINISHED, "-", 1],
      [UNFINISHED, "1.", 2],
      [UNFINISHED, "1e+", 3],
      [UNFINISHED, { hex: "22f09f98" }, 4],
      [UTF8, { hex: "22ff22" }, 1],
      [UTF8, { hex: "226180" }, 2],
      [UTF8, { hex: "22c32822" }, 2],
      [UTF8, { hex: "22e2824122" }, 3],
      [UTF8, { hex: "22eda08022" }, 2],
      [UTF8, { hex: "22f09f982222" }, 4],
      [UTF8, { hex: "22f490808022" }, 2],
      [UTF8, { hex: `22${"61".repeat(40)}c02222` }, 41],
    ];
    for (const [code, input, offset] of faults) {
      test(`${nameOf(input)}: code ${code} at byte ${offset}`, () => {
        const bytes = bytesOf(input);
        const pairs = layout.fields.map((_, index) => (index === 0 ? [code, offset] : undefined));
        const expected = [{ start: 0, end: bytes.length, flags: FLAG.INVALID, elements: 0, pairs }];
        assert.deepEqual(scan(bytes, "values"), expected);
        for (const rest of ["", "\n", "\r\n", "\n \n"]) {
          assert.deepEqual(scan(Buffer.concat([bytes, Buffer.from(rest)]), "lines"), expected, JSON.stringify(rest));
        }
      });
    }
  });
}
