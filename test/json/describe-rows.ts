import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FLAG, type Layout } from "../../src/json/layout.ts";
import type { Scanner } from "../../src/json/scanner.ts";
import { brokenJson } from "./json-text.ts";
import { LAYOUTS } from "./layouts.ts";
import { moved, place, type Row, scanRows } from "./scan-rows.ts";

/** Which bytes a scanner makes rows of. */
export function describeRows(name: string, scanner: Scanner): void {
  const scan = (bytes: Uint8Array, mode: "lines" | "values", layout: Layout = LAYOUTS[0]): Row[] =>
    scanRows(scanner.prepare(layout), layout, mode, place(scanner, bytes));
  const spans = (json: string, mode: "lines" | "values"): number[][] =>
    scan(Buffer.from(json), mode).map(({ start, end, flags }) => [start, end, flags]);
  const { INVALID, NOT_AN_OBJECT } = FLAG;

  describe(`the rows of ${name}`, () => {
    test("each line that is not blank has one, and a fault ends with its line", () => {
      assert.deepEqual(spans(' {"a":1} \r\n\r\n \t\n{"a"\r\n[1]\n  x \n"é"\r\n2', "lines"), [
        [1, 8, 0],
        [16, 20, INVALID],
        [22, 25, NOT_AN_OBJECT],
        [26, 30, INVALID],
        [31, 35, NOT_AN_OBJECT],
        [37, 38, NOT_AN_OBJECT],
      ]);
      for (const blank of ["", "\n", "\r\n\n", " \t\r"]) assert.deepEqual(spans(blank, "lines"), []);
    });

    test("each value of a body has one, whatever white space parts them", () => {
      assert.deepEqual(spans('\n{"a":\n1}\r\n\n[1,\r\n2] 3\t"x"\n', "values"), [
        [1, 9, 0],
        [12, 19, NOT_AN_OBJECT],
        [20, 21, NOT_AN_OBJECT],
        [22, 25, NOT_AN_OBJECT],
      ]);
      for (const blank of ["", "\n", " \r\n\t "]) assert.deepEqual(spans(blank, "values"), []);
    });

    test("a body's first fault reaches to its end", () => {
      assert.deepEqual(spans("{} {x} {}\n", "values"), [
        [0, 2, 0],
        [3, 10, INVALID],
      ]);
    });

    test("values that nothing parts are a fault", () => {
      for (const body of ["{}{}", "[][]", '"a""b"', "truefalse", "1,2", '{}"', "0-1", "[]1"]) {
        assert.deepEqual(spans(body, "values"), [[0, body.length, INVALID]], body);
        assert.deepEqual(spans(body, "lines"), [[0, body.length, INVALID]], body);
      }
    });

    test("many lines have the rows that each of them has alone", () => {
      const lines = fc.array(fc.tuple(brokenJson, fc.constantFrom("\n", "\r\n", "\n \n")), { maxLength: 6 });
      fc.assert(
        fc.property(lines, (all) => {
          const parts = all.filter(([bytes]) => !bytes.includes(0x0a) && bytes.at(-1) !== 0x0d);
          let origin = 0;
          const expected: Row[] = [];
          for (const [bytes, lineEnd] of parts) {
            expected.push(...scan(bytes, "lines").map((row) => moved(row, origin)));
            origin += bytes.length + lineEnd.length;
          }
          assert.deepEqual(
            scan(Buffer.concat(parts.flatMap(([bytes, lineEnd]) => [bytes, Buffer.from(lineEnd)])), "lines"),
            expected,
          );
        }),
        { numRuns: 500, seed: 1 },
      );
    });

    test("a full table ends between two records, whatever number of elements one has", () => {
      const fields = Array.from({ length: 40 }, (_, index) => [`field${index}`]);
      const layout: Layout = { fields, elements: { at: ["items"], fields: [] } };
      const list = `{"items":[${Array(10_000).fill("{}").join(",")}]}`;
      const json = Buffer.from(`{"field7":1}\n${list}\n${"{}\n".repeat(10_000)}{"field39":2}\n`);
      for (const mode of ["lines", "values"] as const) {
        const rows = scan(json, mode, layout);
        assert.equal(rows.length, 1 + 10_001 + 10_001);
        assert.deepEqual(rows[0].pairs[7], [10, 11]);
        assert.equal(rows[1].elements, 10_000);
        assert.deepEqual(rows.at(-1)?.pairs[39], [json.length - 3, json.length - 2]);
      }
    });
  });
}
