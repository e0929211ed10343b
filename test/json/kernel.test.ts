import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createKernelScanner } from "../../src/json/kernel-scanner.ts";
import { FLAG, type Keys, type Layout, ROW, rowLength, watchFlag } from "../../src/json/layout.ts";
import { createPlainScanner } from "../../src/json/plain-scanner.ts";
import { MAX_DEPTH, type Rows, SCAN_ERROR, type Scan } from "../../src/json/scanner.ts";

const scanner = createKernelScanner({ arenaBytes: 8 * 1024 * 1024 });
const plain = createPlainScanner();
const arena = scanner.memory;
assert(arena !== undefined);
const { buffer, start: arenaStart, end: arenaEnd } = arena;

/** Steps over all places that a byte can have in the words and vectors of the kernel. */
const ALIGNMENTS = Array.from({ length: 64 }, (_, index) => index);

const LAYOUT: Layout = { fields: [["a"], ["b", "c"], ["b", "ü"], ["requestReceivedTimestamp"]] };
const scan = scanner.prepare(LAYOUT);

/** Scans `text` at `at` in the arena, as lines, between bytes that would go on with whatever it leaves open. */
function scanAt(at: number, text: string | Uint8Array, using: Scan = scan): Rows {
  const bytes = Buffer.from(text as string);
  buffer.fill('"', arenaStart, Math.min(at + bytes.length + 256, arenaEnd));
  bytes.copy(buffer, at);
  return using.lines(buffer, at, at + bytes.length);
}

function textAt(rows: Rows, row: number, field: number, layout: Layout = LAYOUT): string | undefined {
  const at = row * rowLength(layout) + ROW.FIELDS + 2 * field;
  return rows.table[at + 1] === 0 ? undefined : buffer.toString("utf8", rows.table[at], rows.table[at + 1]);
}

function flagsOf(rows: Rows, row = 0, layout: Layout = LAYOUT): number {
  return rows.table[row * rowLength(layout) + ROW.FLAGS];
}

/** Asserts that the text at `at` is refused with this error at this offset of it. */
function assertRefused(text: string | Uint8Array, at: number, error: number, offset: number): void {
  const rows = scanAt(at, text);
  assert.equal(rows.count, 1);
  const pair = [...rows.table.subarray(ROW.FIELDS, ROW.FIELDS + 2)];
  assert.deepEqual(
    [flagsOf(rows), ...pair],
    [FLAG.INVALID, error, at + offset],
    Buffer.from(text as string).toString(),
  );
}

const CONSTRUCTS = [
  '"plain"',
  '""',
  '"\\""',
  '"\\\\"',
  '"\\u00e9\\uD83D\\ude00\\ud800"',
  '"\\/\\b\\f\\n\\r\\t"',
  '"é日😀"',
  "0",
  "-0.10e+5",
  "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
  "true",
  "false",
  "null",
  "{}",
  "[]",
  '{"x":[{"y":"z"},[],{}],"\\"":1}',
  '[ 1 , "a]" , { "b" : "}" } ]',
  `"${"long ".repeat(40)}"`,
  `"${"é".repeat(80)}"`,
  `"${"\\\\".repeat(80)}"`,
];

for (const construct of CONSTRUCTS) {
  test(`${construct.slice(0, 40)} is found wherever it lies`, () => {
    for (const shift of ALIGNMENTS) {
      const text = `{"fill":"${"x".repeat(shift)}","a":${construct},"b":{"c":${construct}}}`;
      for (const at of [arenaStart + shift, arenaEnd - Buffer.byteLength(text)]) {
        const rows = scanAt(at, text);
        assert.equal(flagsOf(rows), 0, text);
        assert.equal(rows.table[ROW.END], at + Buffer.byteLength(text));
        assert.equal(textAt(rows, 0, 0), construct);
        assert.equal(textAt(rows, 0, 1), construct);
        assert.equal(textAt(rows, 0, 3), undefined);
      }
    }
  });

  test(`${construct.slice(0, 40)} cut off anywhere is unfinished, whatever lies behind`, () => {
    const whole = Buffer.from(`{"a":${construct}}`);
    for (let length = 1; length < whole.length; length++) {
      const at = arenaEnd - whole.length;
      whole.copy(buffer, at);
      const rows = scan.lines(buffer, at, at + length);
      const pair = [...rows.table.subarray(ROW.FIELDS, ROW.FIELDS + 2)];
      assert.deepEqual([flagsOf(rows), ...pair], [FLAG.INVALID, SCAN_ERROR.UNFINISHED, at + length]);
    }
  });
}

test("a string of any length ends where JSON.parse says", () => {
  for (let length = 0; length < 200; length++) {
    const value = JSON.stringify("y".repeat(length));
    const rows = scanAt(arenaStart + (length % 64), `{"a":${value},"b":{"c":1}}`);
    assert.deepEqual([flagsOf(rows), textAt(rows, 0, 0), textAt(rows, 0, 1)], [0, value, "1"]);
  }
});

test("a number at the top ends where the bytes do, whatever lies behind", () => {
  buffer.write("12345", arenaStart);
  for (let length = 1; length <= 5; length++) {
    const rows = scan.lines(buffer, arenaStart, arenaStart + length);
    assert.deepEqual([...rows.table.subarray(0, 3)], [arenaStart, arenaStart + length, FLAG.NOT_AN_OBJECT]);
  }
});

test("every byte that a string cannot hold is refused where it stands", () => {
  for (const shift of ALIGNMENTS) {
    for (const byte of [0x00, 0x09, 0x0d, 0x1f, 0x80, 0xbf, 0xc0, 0xc1, 0xf5, 0xff]) {
      const text = Buffer.from(`{"a":"${"x".repeat(shift)}?${"y".repeat(70)}"}`);
      text[6 + shift] = byte;
      assertRefused(text, arenaStart, byte < 0x20 ? SCAN_ERROR.SYNTAX : SCAN_ERROR.UTF8, 6 + shift);
    }
  }
});

const SEQUENCES = ["c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f3bfbfbf", "f48fbfbf"];

test("UTF-8 sequences are taken at every place of a string, and refused there with one byte changed", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (const shift of ALIGNMENTS) {
    for (const hex of SEQUENCES) {
      const sequence = Buffer.from(hex, "hex");
      const before = Buffer.from(`{"a":"${"x".repeat(shift)}`);
      const text = Buffer.concat([before, sequence, Buffer.from('","b":{"c":2}}')]);
      const rows = scanAt(arenaStart + 1, text);
      assert.deepEqual([flagsOf(rows), textAt(rows, 0, 1)], [0, "2"]);
      for (let index = 1; index < sequence.length; index++) {
        for (const byte of [0x41, 0x7f, 0xc2, 0xff, index === 1 ? lowerThan(sequence) : 0x00]) {
          text[before.length + index] = byte;
          assert.throws(() => decoder.decode(text));
          assertRefused(text, arenaStart + 1, SCAN_ERROR.UTF8, before.length + index);
          text[before.length + index] = sequence[index];
        }
      }
    }
  }
});

/** A continuation byte that makes the sequence overlong, where there is one. */
function lowerThan(sequence: Uint8Array): number {
  return sequence[0] === 0xe0 ? 0x9f : sequence[0] === 0xf0 ? 0x8f : 0x20;
}

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
  const items = 300_000;
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

test("nesting is allowed to its limit and refused behind it, noted, watched or neither", () => {
  const path = Array.from({ length: MAX_DEPTH + 1 }, () => "a");
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
  assert.deepEqual(scan.lines(bytes, 0, bytes.length), plain.prepare(LAYOUT).lines(bytes, 0, bytes.length));
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
