import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createKernelScanner } from "../../src/json/kernel-scanner.ts";
import { FLAG, type Keys, type Layout, ROW, rowLength, watchFlag } from "../../src/json/layout.ts";
import { createPlainScanner } from "../../src/json/plain-scanner.ts";
import { MAX_DEPTH, SCAN_ERROR } from "../../src/json/scanner.ts";
import { ALIGNMENTS, arenaStart, buffer, flagsOf, LAYOUT, scan, scanAt, scanner, textAt } from "./kernel-arena.ts";

test("keys in another order, missing, doubled, and alike are told apart, however often they were met before", () => {
  const fields: Keys[] = [
    "name",
    "nbme",
    "n",
    "",
    "é",
    "k".repeat(16),
    "k".repeat(17),
    "k".repeat(29),
    "k".repeat(40),
  ].map((key) => ["outer", key]);
  const layout: Layout = { fields };
  const alike = scanner.prepare(layout);
  const keys = [...fields.map((path) => path[1]), "nane", "nam", "names", "k".repeat(30), "k".repeat(39), "kind"];
  for (let round = 0; round < 400; round++) {
    const chosen = keys.map((_, index) => keys[(index * 7 + round * (1 + (round % 5))) % keys.length]).slice(round % 6);
    const members = chosen.map((key, index) => `${JSON.stringify(key)}:${index}`).join(round % 3 === 0 ? " ,\t" : ",");
    const text = `{"outer":{${members}}}`;
    const outer: Record<string, number> = JSON.parse(text).outer;
    const rows = scanAt(arenaStart + (round % 64), text, alike);
    assert.equal(flagsOf(rows, 0, layout) & ~FLAG.REPEATED, 0);
    fields.forEach((path, index) => {
      assert.equal(textAt(rows, 0, index, layout), outer[path[1]]?.toString(), `${path[1]} in ${text}`);
    });
  }
});

test("no key is taken for checked because a scan before ended in the midst of it", () => {
  const cut = arenaStart + 64;
  const text = '{"unchecked key":1}';
  const start = cut - 5;
  scanAt(start, text);
  const control = start + text.indexOf(" ");
  buffer[control] = 0x01;
  assert.equal(flagsOf(scan.lines(buffer, start, cut)), FLAG.INVALID);
  const rows = scan.lines(buffer, start, start + text.length);
  assert.deepEqual([...rows.table.subarray(ROW.FIELDS, ROW.FIELDS + 2)], [SCAN_ERROR.SYNTAX, control]);
});

test("a repeated parent forgets what the earlier one held", () => {
  const rows = scanAt(arenaStart, '{"b":{"c":1,"ü":2},"a":3,"b":{"ü":4}}\n{"b":{"c":1},"b":5}\n{"b":{"c":1}}\n');
  assert.deepEqual(
    [0, 1, 2].map((row) => flagsOf(rows, row)),
    [FLAG.REPEATED, FLAG.REPEATED, 0],
  );
  assert.deepEqual([textAt(rows, 0, 0), textAt(rows, 0, 1), textAt(rows, 0, 2)], ["3", undefined, "4"]);
  assert.deepEqual([textAt(rows, 1, 1), textAt(rows, 2, 1)], [undefined, "1"]);
});

test("the same bytes scanned twice are no repetition", () => {
  const text = '{"a":1,"b":{"c":2}}';
  for (let round = 0; round < 3; round++) assert.equal(flagsOf(scanAt(arenaStart, text)), 0);
});

test("watches see keys at any depth below, and nowhere else", () => {
  const layout: Layout = {
    fields: [["a"]],
    watches: [
      { under: [["b"]], key: "kind", values: ["Secret", "é"] },
      { under: [["b"], ["a", "d"]], key: "kubectl.kubernetes.io/last-applied-configuration" },
    ],
  };
  const watching = scanner.prepare(layout);
  const first = watchFlag(0);
  const second = watchFlag(1);
  const cases: [string, number][] = [
    ['{"kind":"Secret"}', 0],
    ['{"b":{"kind":"Secret"}}', first],
    ['{"b":{"kind":"Secrets","x":{"kind":"é"}}}', first],
    ['{"b":{"kind":"Pod","king":"Secret"}}', 0],
    ['{"b":[[{"kind":"Secret"}]]}', first],
    ['{"b":{"kind":{"x":"Secret"}}}', 0],
    ['{"b":{"kind":"\\u0053ecret"}}', first],
    ['{"b":{"x":{"k\\u0069nd":1}}}', first | second],
    ['{"a":{"d":{"kubectl.kubernetes.io/last-applied-configuration":1},"kind":"Secret"}}', second],
    ['{"a":{"\\u0064":{}}}', second],
  ];
  for (const [text, flags] of cases) {
    for (const shift of ALIGNMENTS) {
      assert.equal(flagsOf(scanAt(arenaStart + shift, text, watching), 0, layout), flags, text);
    }
  }
});

test("the objects of an array have rows of their own, with their own watches", () => {
  const layout: Layout = {
    fields: [["kind"]],
    elements: { at: ["items"], fields: [["id"], ["user", "name"]], watches: [{ under: [["user"]], key: "x" }] },
  };
  const text = '{"items":[{"id":1},{"user":{"name":"n","x":0}}],"kind":"List"}\n{"items":[{},1]}\n{"items":[]}\n';
  const rows = scanAt(arenaStart, text, scanner.prepare(layout));
  assert.equal(rows.count, 5);
  const elements = Array.from({ length: 5 }, (_, row) => rows.table[row * rowLength(layout) + ROW.ELEMENTS]);
  assert.deepEqual(elements, [2, 0, 0, 0, 0]);
  const flags = Array.from({ length: 5 }, (_, row) => flagsOf(rows, row, layout));
  assert.deepEqual(flags, [0, 0, watchFlag(0), FLAG.NOT_ALL_OBJECTS, 0]);
  assert.deepEqual(
    [textAt(rows, 0, 0, layout), textAt(rows, 1, 0, layout), textAt(rows, 2, 1, layout)],
    ['"List"', "1", '"n"'],
  );
});

test("a full table ends the scan before a record, and the next call goes on there", () => {
  const wide: Layout = { fields: Array.from({ length: 100 }, (_, index) => [`field${index}`]) };
  const line = '{"field99":1}\n';
  const lines = 12_000;
  const end = arenaStart + lines * line.length;
  buffer.fill(line, arenaStart, end);
  const scanWide = scanner.prepare(wide);
  let count = 0;
  let calls = 0;
  for (let at = arenaStart; at < end; calls++) {
    const rows = scanWide.lines(buffer, at, end);
    assert.equal((rows.next - at) / line.length, rows.count);
    count += rows.count;
    at = rows.next;
  }
  assert.equal(count, lines);
  assert(calls > 1);
});

test("a record with more elements than the table has rows is noted all the same", () => {
  const layout: Layout = { fields: [["a"]], elements: { at: ["items"], fields: [["id"]] } };
  const items = 100_000;
  const list = `{"items":[${'{"id":1},'.repeat(items - 1)}{"id":2}]}`;
  const text = Buffer.from(`{"a":1}\n${list}\n{"a":2}\n`);
  text.copy(buffer, arenaStart);
  const end = arenaStart + text.length;
  const listed = scanner.prepare(layout);
  const first = listed.lines(buffer, arenaStart, end);
  assert.deepEqual([first.count, first.next], [1, arenaStart + 8]);
  const second = listed.lines(buffer, first.next, end);
  assert.deepEqual([second.count, second.table[ROW.ELEMENTS]], [items + 1, items]);
  assert.equal(textAt(second, items, 0, layout), "2");
  const third = listed.lines(buffer, second.next, end);
  assert.deepEqual([third.count, third.next], [1, end]);
  assert.equal(listed.values(buffer, first.next, end).table[ROW.ELEMENTS], items);
});

test("values are noted however long they are, and wherever in a long body they lie", () => {
  const mebibyte = 1024 * 1024;
  const large = createKernelScanner({ arenaBytes: 36 * mebibyte });
  assert(large.memory !== undefined);
  const { buffer: bytes, start } = large.memory;
  const values = large.prepare({ fields: [["a"]] });
  for (const lengths of [
    [35 * mebibyte],
    [5, 16 * mebibyte, 16 * mebibyte],
    [16 * mebibyte - 10, 7, 7, 7, 16 * mebibyte],
  ]) {
    let end = start;
    for (const length of lengths) {
      bytes.fill("y", end, end + length);
      bytes.write('"', end);
      end += bytes.write('" ', end + length - 1) + length - 1;
    }
    end += bytes.write("123 [] 45", end);
    const { count, next, table } = values.values(bytes, start, end);
    assert.deepEqual([count, next], [lengths.length + 3, end]);
    const found = lengths.map((_, row) => table[row * 6 + ROW.END] - table[row * 6 + ROW.START]);
    assert.deepEqual(found, lengths);
    assert.deepEqual([...table.subarray(-6, -4)], [end - 2, end]);
  }
});

test("nesting is allowed to its limit and refused behind it, noted, watched or neither", () => {
  const path = Array.from({ length: 300 }, () => "a");
  const layouts: Layout[] = [{ fields: [] }, { fields: [path] }, { fields: [], watches: [{ under: [[]], key: "x" }] }];
  for (const layout of layouts) {
    const deep = scanner.prepare(layout);
    for (const [open, close] of [
      ['{"a":', "}"],
      ["[", "]"],
    ] as const) {
      const nested = (depth: number) => `${open.repeat(depth)}0${close.repeat(depth)}`;
      assert.equal(flagsOf(scanAt(arenaStart, nested(MAX_DEPTH), deep), 0, layout) & FLAG.INVALID, 0);
      const pair = scanAt(arenaStart, nested(100_000), deep).table.subarray(ROW.FIELDS, ROW.FIELDS + 2);
      assert.deepEqual([...pair], [SCAN_ERROR.DEPTH, arenaStart + MAX_DEPTH * open.length]);
    }
  }
});

test("layouts prepared one after the other keep apart", () => {
  const other = scanner.prepare({ fields: [["b"]] });
  const text = '{"a":1,"b":2}';
  for (let round = 0; round < 3; round++) {
    assert.equal(textAt(scanAt(arenaStart, text), 0, 0), "1");
    assert.equal(textAt(scanAt(arenaStart, text, other), 0, 0), "2");
  }
});

test("rows stay as they are when the scanner goes on", () => {
  const rows = scanAt(arenaStart, '{"a":1}');
  const kept = [...rows.table];
  scanAt(arenaStart, '{"b":{"c":1}}\n{"a":2}');
  assert.deepEqual([...rows.table], kept);
});

test("a buffer that is not the scanner's memory has the same rows", () => {
  const bytes = Buffer.from('  {"a":1,"b":{"c":"é"}}\r\n\n{"a":tru}\n[]');
  assert.deepEqual(
    scan.lines(bytes, 0, bytes.length),
    createPlainScanner().prepare(LAYOUT).lines(bytes, 0, bytes.length),
  );
});

test("a layout too large for the kernel's memory is scanned all the same", () => {
  const layout: Layout = { fields: Array.from({ length: 2000 }, (_, index) => [`key${index}`, "x".repeat(100)]) };
  const rows = scanAt(arenaStart, `{"key1999":{"${"x".repeat(100)}":7}}`, scanner.prepare(layout));
  assert.equal(textAt(rows, 0, 1999, layout), "7");
});

test("the built kernel is what its source makes", async () => {
  const build = fileURLToPath(new URL("../../src/json/kernel/build.ts", import.meta.url));
  await promisify(execFile)(process.execPath, [build, "--check"]);
});
