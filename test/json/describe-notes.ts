import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Json } from "../../src/json/json.ts";
import { FLAG, type Layout, watchFlag } from "../../src/json/layout.ts";
import type { Scanner } from "../../src/json/scanner.ts";
import { decodeValue, findAll } from "../../src/json/walk.ts";
import { jsonText } from "./json-text.ts";
import { LAYOUTS, notedPaths, waysToNoted } from "./layouts.ts";
import { hasEscapedKey, isThere, parse, valueAt } from "./reference.ts";
import { moved, place, type Row, scanRows } from "./scan-rows.ts";

interface Scanned {
  readonly bytes: Buffer;
  readonly value: Json;
  readonly layout: Layout;
  readonly record: Row;
  readonly elements: readonly Row[];
}

/** What a scanner notes of a record, held against what `JSON.parse` makes of it. */
export function describeNotes(name: string, scanner: Scanner): void {
  const scan = (bytes: Uint8Array, layout: Layout, shift = 0): Row[] =>
    scanRows(scanner.prepare(layout), layout, "lines", place(scanner, bytes, shift));
  const isTrusted = ({ record }: Scanned): boolean => (record.flags & FLAG.ESCAPED_KEY) === 0;

  function forEachDocument(check: (scanned: Scanned) => void): void {
    fc.assert(
      fc.property(jsonText, fc.constantFrom(...LAYOUTS), fc.nat({ max: 20 }), (json, layout, shift) => {
        const bytes = Buffer.from(json);
        const value = parse(bytes)?.value;
        if (value === undefined) assert.fail("the text is no JSON");
        const [record, ...elements] = scan(bytes, layout, shift);
        assert.equal(elements.length, record.elements);
        check({ bytes, value, layout, record, elements });
      }),
      { numRuns: 2000, seed: 1 },
    );
  }

  describe(`what ${name} notes`, () => {
    test("fields lie where JSON.parse finds them", () => {
      forEachDocument((scanned) => {
        if (!isTrusted(scanned)) return;
        const { bytes, value, layout, record } = scanned;
        const found = layout.fields.map(
          (_, index) => record.pairs[index] && decodeValue(bytes, ...record.pairs[index]),
        );
        assert.deepEqual(
          found,
          layout.fields.map((keys) => valueAt(value, keys)),
        );
      });
    });

    test("a repetition is told exactly where a noted key, or one on the way, occurs more than once", () => {
      forEachDocument((scanned) => {
        if (!isTrusted(scanned)) return;
        const { bytes, layout, record } = scanned;
        const isRepeated = notedPaths(layout).some((keys) => findAll(bytes, record.start, record.end, keys).length > 1);
        assert.equal((record.flags & FLAG.REPEATED) !== 0, isRepeated);
      });
    });

    test("an escaped key is told exactly where it is in an object on the way to a field", () => {
      forEachDocument(({ bytes, layout, record }) => {
        const isEscaped = waysToNoted(layout).some((keys) =>
          findAll(bytes, record.start, record.end, keys).some(({ start }) => hasEscapedKey(bytes, start)),
        );
        assert.equal((record.flags & FLAG.ESCAPED_KEY) !== 0, isEscaped);
      });
    });

    test("a repeated parent forgets what the earlier one held, whatever comes in its place", () => {
      const layout: Layout = { fields: [["a"], ["a", "b"], ["a", "b", "c"]] };
      const texts = (json: string) =>
        scan(Buffer.from(json), layout)[0].pairs.map((pair) => pair && json.slice(...pair));
      assert.deepEqual(texts('{"a":{"b":{"c":1}}}'), ['{"b":{"c":1}}', '{"c":1}', "1"]);
      assert.deepEqual(texts('{"a":{"b":{"c":1}},"a":{"b":2}}'), ['{"b":2}', "2", undefined]);
      assert.deepEqual(texts('{"a":{"b":{"c":1}},"a":[{"b":2}]}'), ['[{"b":2}]', undefined, undefined]);
      assert.deepEqual(texts('{"a":{"b":{"c":1},"b":{}}}'), ['{"b":{"c":1},"b":{}}', "{}", undefined]);
      assert.deepEqual(texts('{"b":{"a":1}}'), [undefined, undefined, undefined]);
    });

    test("a watch never stays silent, and says nothing where there is neither its key nor an escape", () => {
      forEachDocument(({ bytes, layout, record }) => {
        for (const [index, watch] of (layout.watches ?? []).entries()) {
          const isRaised = (record.flags & watchFlag(index)) !== 0;
          if (isThere(bytes, record.start, record.end, watch)) assert.ok(isRaised, `watch ${index} stays silent`);
          else if (!bytes.includes(0x5c)) assert.ok(!isRaised, `watch ${index} cries wolf`);
        }
      });
    });

    test("an escaped key on the way to a watched place alone raises the watch, and spoils no field", () => {
      const layout: Layout = { fields: [["a", "b"]], watches: [{ under: [["c", "d"]], key: "kind" }] };
      const flags = (json: string) => scan(Buffer.from(json), layout)[0].flags;
      assert.equal(flags('{"c":{"\\u0064":{"kind":1}}}'), watchFlag(0));
      assert.equal(flags('{"\\u0063":{"d":{"kind":1}}}'), watchFlag(0) | FLAG.ESCAPED_KEY);
      assert.equal(flags('{"a":{"\\u0062":1}}'), FLAG.ESCAPED_KEY);
      assert.equal(flags('{"a":{"b":{"\\u0062":1}},"c":[{"\\u0064":1}]}'), 0);
    });

    test("a key with escapes below raises the watches for keys that they can write, and no others", () => {
      const under = [["a"]];
      const layout: Layout = {
        fields: [],
        watches: [
          { under, key: "kind" },
          { under, key: 'k:{"name"}' },
        ],
      };
      const raised = (json: string) =>
        [0, 1].map((index) => (scan(Buffer.from(json), layout)[0].flags & watchFlag(index)) !== 0);
      assert.deepEqual(raised('{"a":{"k:{\\"name\\"}":1}}'), [false, true]);
      assert.deepEqual(raised('{"a":{"b":{"\\t\\\\":1}}}'), [false, true]);
      assert.deepEqual(raised('{"a":{"b":{"\\u006bind":1}}}'), [true, true]);
      assert.deepEqual(raised('{"a":{"b":{"a\\/b":1}}}'), [true, true]);
    });

    test("a watch is raised by an escaped value, and by a value of another type only if it accepts any", () => {
      const under = [["a"]];
      const layout: Layout = {
        fields: [],
        watches: [
          { under, key: "kind", values: ["Secret"] },
          { under, key: "kind" },
        ],
      };
      const raised = (json: string) =>
        [0, 1].map((index) => (scan(Buffer.from(json), layout)[0].flags & watchFlag(index)) !== 0);
      assert.deepEqual(raised('{"a":[{"b":{"kind":"Secret"}}]}'), [true, true]);
      assert.deepEqual(raised('{"a":{"kind":"S\\u0065cret"}}'), [true, true]);
      assert.deepEqual(raised('{"a":{"kind":"Other"}}'), [false, true]);
      assert.deepEqual(raised('{"a":{"kind":["Secret"]}}'), [false, true]);
      assert.deepEqual(raised('{"a":{"kinds":"Secret"},"kind":"Secret"}'), [false, false]);
      assert.deepEqual(raised('{"a":{"kind":"Secret"},"a":1}'), [true, true]);
    });

    test("a watch for a text sees it in strings, and in JSON that they hold, but for no other escapes", () => {
      const layout: Layout = { fields: [], watches: [{ under: [["a"]], key: "note", containing: ["Secret", "b"] }] };
      const isRaised = (value: Json, nested = 0): boolean => {
        const text = Array.from({ length: nested }).reduce<Json>((inner) => JSON.stringify(inner), value);
        return scan(Buffer.from(`{"a":{"note":${JSON.stringify(text)}}}`), layout)[0].flags === watchFlag(0);
      };
      const isRaisedBy = (json: string) =>
        scan(Buffer.from(`{"a":{"note":${json}}}`), layout)[0].flags === watchFlag(0);
      for (let length = 0; length < 70; length++) {
        const fill = "Secre".repeat(14).slice(0, length);
        assert.ok(isRaised(`${fill}Secret`) && isRaised(`${fill}Secret${fill}`, 3) && isRaised(`${fill}b`));
        assert.ok(!isRaised(fill, 2) && !isRaisedBy(`"${fill}S"`));
        assert.ok(isRaisedBy(`"${fill}\\u0053"`) && isRaisedBy(`"${fill}\\\\u0053"`));
      }
      for (const escaped of [
        '"\\u0053ecret"',
        '"\\\\u\\u00300053ecret"',
        '"\\\\\\u0075"',
        '"\\u005cu0053"',
        '"\\\\u004"',
      ])
        assert.ok(isRaisedBy(escaped), escaped);
      for (const other of [
        '"\\u003c\\u003E\\u0026\\/\\n\\u00e9\\u2028"',
        '"\\\\u003"',
        '""',
        '["Secret"]',
        '{"b":"b"}',
        "1",
      ])
        assert.ok(!isRaisedBy(other), other);
    });

    test("a watch for a text that escapes could hide otherwise is refused", () => {
      for (const text of ["", "a b", "ü", "a/b", "\\"]) {
        const layout: Layout = { fields: [], watches: [{ under: [[]], key: "a", containing: [text] }] };
        assert.throws(() => scanner.prepare(layout), RangeError);
      }
    });

    test("elements have rows as if each were a record of its own", () => {
      forEachDocument((scanned) => {
        if (!isTrusted(scanned) || scanned.layout.elements === undefined) return;
        const { bytes, value, layout, record, elements } = scanned;
        const { at, ...noted } = scanned.layout.elements;
        const list = valueAt(value, at);
        const hasOthers =
          Array.isArray(list) && !list.every((item) => typeof item === "object" && item && !Array.isArray(item));
        assert.equal((record.flags & FLAG.NOT_ALL_OBJECTS) !== 0, hasOthers);
        assert.equal(elements.length, Array.isArray(list) && !hasOthers ? list.length : 0);
        for (const [index, element] of elements.entries()) {
          assert.deepEqual(decodeValue(bytes, element.start, element.end), (list as Json[])[index]);
          const alone = moved(scan(bytes.subarray(element.start, element.end), noted)[0], element.start);
          const pairs =
            layout.fields.concat(noted.fields).length > 0 ? element.pairs.slice(0, noted.fields.length) : [];
          assert.deepEqual({ ...element, pairs }, { ...alone, pairs: alone.pairs.slice(0, noted.fields.length) });
        }
      });
    });

    test("elements are forgotten where something else follows them, or the record turns out invalid", () => {
      const told = (json: string) =>
        scan(Buffer.from(json), LAYOUTS[0]).map(({ flags, elements }) => [flags, elements]);
      assert.deepEqual(told('{"items":[{"a":1},{"a":2},3]}'), [[FLAG.NOT_ALL_OBJECTS, 0]]);
      assert.deepEqual(told('{"items":[{}],"items":[1]}'), [[FLAG.NOT_ALL_OBJECTS | FLAG.REPEATED, 0]]);
      assert.deepEqual(told('{"items":[{},{}],"items":{}}'), [[FLAG.REPEATED, 0]]);
      assert.deepEqual(told('{"items":[1],"items":[{}]}'), [
        [FLAG.REPEATED, 1],
        [0, 0],
      ]);
      assert.deepEqual(told('{"items":[{"a":1},{"a":2}],}'), [[FLAG.INVALID, 0]]);
      assert.deepEqual(told('{"items":[{"a":1},{"a":2}'), [[FLAG.INVALID, 0]]);
    });
  });
}
