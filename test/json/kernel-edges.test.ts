import assert from "node:assert/strict";
import { test } from "node:test";
import { FLAG, ROW } from "../../src/json/layout.ts";
import { SCAN_ERROR } from "../../src/json/scanner.ts";
import {
  ALIGNMENTS,
  arenaEnd,
  arenaStart,
  assertRefused,
  buffer,
  flagsOf,
  scan,
  scanAt,
  textAt,
} from "./kernel-arena.ts";

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
