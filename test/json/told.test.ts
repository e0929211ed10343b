import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseTime } from "../../src/event/event-time.ts";
import { createKernelScanner } from "../../src/json/kernel-scanner.ts";
import { firstTextCell, firstTimeCell, type Layout, ROW, rowLength } from "../../src/json/layout.ts";
import { createPlainScanner } from "../../src/json/plain-scanner.ts";
import type { Scan, Scanner } from "../../src/json/scanner.ts";
import { LONGEST_TEXT, MOST_TEXTS, type Vocabulary } from "../../src/json/vocabulary.ts";
import { place } from "./scan-rows.ts";

const DAY = 24 * 60 * 60 * 1000;
const LAYOUT: Layout = {
  fields: [["verb"], ["user", "name"], ["at"]],
  texts: [1, 0],
  times: [2],
  elements: { at: ["items"], fields: [["at"], ["name"]], texts: [1], times: [0] },
};

const createScanner = (): Scanner => createKernelScanner({ arenaBytes: 8 * 1024 * 1024 });

/** What is told of each row: the numbers of its texts, and its time; undefined where none is. */
function told(scanner: Scanner, scan: Scan, lines: readonly string[], layout = LAYOUT) {
  const { buffer, start, end } = place(scanner, Buffer.from(`${lines.join("\n")}\n`));
  const rows: { vocabulary: Vocabulary; numbers: number[]; time: number | undefined }[] = [];
  const length = rowLength(layout);
  for (let from = start; from < end; ) {
    const { table, count, vocabulary, next } = scan.lines(buffer, from, end);
    for (let index = 0, elements = 0; index < count; index++, elements--) {
      const row = table.subarray(index * length, (index + 1) * length);
      const noted = elements > 0 && layout.elements ? layout.elements : layout;
      if (elements <= 0) elements = row[ROW.ELEMENTS] + 1;
      const [first, time] = [firstTextCell(noted), firstTimeCell(noted)];
      const numbers = Array.from({ length: (time - first) / 2 }, (_, text) => row[first + 2 * text]);
      const isTold = (row[time] | row[time + 1]) !== 0;
      rows.push({ vocabulary, numbers, time: isTold ? row[time] * DAY + row[time + 1] : undefined });
    }
    from = next;
  }
  return rows;
}

const TEXTS: Layout = { fields: [["user"]], texts: [0] };

function numbersOf(scanner: Scanner, scan: Scan, users: readonly string[]) {
  const lines = users.map((user) => `{"user":${user}}`);
  return told(scanner, scan, lines, TEXTS).map(({ vocabulary, numbers }) => ({ vocabulary, number: numbers[0] }));
}

const FIVE: Layout = { fields: [["a"], ["b"], ["c"], ["d"], ["e"]], texts: [0, 1, 2, 3, 4] };

/** The same of five users a line: one scan has so many more texts than rows. */
function numbersOfFive(scanner: Scanner, users: readonly string[]) {
  const lines = Array.from({ length: users.length / 5 }, (_, line) => {
    const [a, b, c, d, e] = users.slice(5 * line, 5 * line + 5);
    return `{"a":${a},"b":${b},"c":${c},"d":${d},"e":${e}}`;
  });
  return told(scanner, scanner.prepare(FIVE), lines, FIVE).flatMap(({ vocabulary, numbers }) =>
    numbers.map((number) => ({ vocabulary, number })),
  );
}

/** Asserts that within a vocabulary equal numbers mean equal texts and the other way round; returns how many have none. */
function assertTellsApart(
  users: readonly string[],
  told: readonly { vocabulary: Vocabulary; number: number }[],
): number {
  const known = new Map<Vocabulary, { texts: Map<number, string>; numbers: Map<string, number> }>();
  let untold = 0;
  assert.equal(told.length, users.length);
  for (const [index, { vocabulary, number }] of told.entries()) {
    if (number === 0) {
      untold++;
      continue;
    }
    const { texts, numbers } = known.get(vocabulary) ?? { texts: new Map(), numbers: new Map() };
    known.set(vocabulary, { texts, numbers });
    assert.equal(texts.get(number) ?? users[index], users[index]);
    assert.equal(numbers.get(users[index]) ?? number, number);
    texts.set(number, users[index]);
    numbers.set(users[index], number);
  }
  return untold;
}

test("a text has one number, whichever field and row it stands in", () => {
  const scanner = createScanner();
  const [first, second, element, other] = told(scanner, scanner.prepare(LAYOUT), [
    '{"user":{"name":"anna"},"verb":"get"}',
    '{"verb":"anna","user":{"name":"bob"},"items":[{"name":"get"},{"name":"anna"}]}',
  ]);
  assert.deepEqual(first.numbers, [1, 2]);
  assert.deepEqual(second.numbers, [3, 1]);
  assert.deepEqual([element.numbers[0], other.numbers[0]], [2, 1]);
});

test("only strings have numbers, and of a repeated field the last counts", () => {
  const scanner = createScanner();
  const scan = scanner.prepare(LAYOUT);
  const numbers = [
    '{"verb":"a","verb":"b"}',
    '{"verb":"a","verb":1}',
    '{"verb":{"verb":"a"}}',
    '{"user":{"name":"a"},"user":1}',
  ]
    .concat(['{"verb":"b"', '{"verb":"b"}', "[]"])
    .map((line) => told(scanner, scan, [line])[0].numbers);
  assert.deepEqual(numbers, [
    [0, 1],
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 1],
    [0, 0],
  ]);
});

test("texts that differ in a byte, in their escapes or in their lengths have different numbers", () => {
  const scanner = createScanner();
  const scan = scanner.prepare(TEXTS);
  const lengths = Array.from({ length: LONGEST_TEXT }, (_, length) => length);
  const users = lengths.flatMap((length) => {
    const text = "x".repeat(length);
    const changed = Array.from({ length: Math.min(length, 9) }, (_, n) => {
      const at = Math.floor((n * length) / 9);
      return `${text.slice(0, at)}y${text.slice(at + 1)}`;
    });
    return [text, ...changed, `${text.slice(0, -1)}\\"`, `${text.slice(0, -6)}\\u0078`].map((user) => `"${user}"`);
  });
  for (const order of [users, users.toReversed(), users]) {
    const untold = assertTellsApart(order, numbersOf(scanner, scan, order));
    assert.equal(untold, order.filter((user) => user.length > LONGEST_TEXT).length);
  }
});

test("texts made to have the same hash are told apart", () => {
  // The kernel's hash adds products of the words of each sixteen bytes: other pairs that add up to the same are found by trying.
  const word = (n: number): Buffer => Buffer.from([0, 5, 10, 15].map((shift) => 0x60 + ((n >>> shift) & 31)));
  const bySum = new Map<number, string>();
  const alike: string[] = [];
  for (let n = 1; n < 500_000; n++) {
    const mixed = Math.imul(Math.imul(n ^ (n >>> 9), 0x2c1b3c6d) ^ (n << 7), 0x297a2d39);
    const [one, other] = [word(mixed ^ (mixed >>> 16)), word(Math.imul(mixed, 0x85ebca6b) >>> 11)];
    const sum = (Math.imul(one.readInt32LE(), 0x9e3779b1) + Math.imul(other.readInt32LE(), 0x85ebca77)) | 0;
    const user = `"aaa${one}bbbbccccdddd${other}"`;
    const earlier = bySum.get(sum);
    if (earlier === undefined) bySum.set(sum, user);
    else if (earlier !== user) alike.push(earlier, user);
  }
  assert.ok(alike.length >= 10, `${alike.length}`);
  const scanner = createScanner();
  const users = [...alike, ...alike.toReversed()];
  assert.equal(assertTellsApart(users, numbersOf(scanner, scanner.prepare(TEXTS), users)), 0);
});

test("a full vocabulary gives no more numbers, and the next scan begins another", () => {
  const scanner = createScanner();
  const scan = scanner.prepare(TEXTS);
  const users = Array.from({ length: 30_000 }, (_, n) => `"user ${Math.imul(n, 0x9e3779b1)}"`);
  const first = numbersOfFive(scanner, users);
  const vocabularies = new Set(first.map(({ vocabulary }) => vocabulary));
  const untold = assertTellsApart(users, first) - (users.length - MOST_TEXTS);
  assert.ok(untold >= 0 && untold < 10, `${untold} found no place`);
  const second = numbersOf(scanner, scan, users.slice(0, 1000));
  assert.ok(!vocabularies.has(second[0].vocabulary));
  assert.deepEqual(
    second.map(({ number }) => number),
    Array.from({ length: 1000 }, (_, n) => n + 1),
  );
  assert.ok(first.every(({ number }) => number <= MOST_TEXTS));
});

test("times are told as programs write them", () => {
  const scanner = createScanner();
  const scan = scanner.prepare(LAYOUT);
  for (const text of [
    "2026-03-04T01:00:00.124254Z",
    "2024-02-29T23:59:59Z",
    "1969-12-31T23:59:59.9Z",
    "0000-03-01T00:00:00.01Z",
  ].concat(["9999-12-31T23:59:59.999999999Z", "1900-02-28T12:34:56.001Z", "2000-02-29T00:00:01.000Z"])) {
    assert.equal(told(scanner, scan, [`{"at":"${text}"}`])[0].time, Date.parse(text), text);
    assert.equal(told(scanner, scan, [`{"items":[{"at":"${text}"}]}`])[1].time, Date.parse(text), text);
  }
});

test("what is told of a time is what it says, whatever stands there", () => {
  const scanner = createScanner();
  const scan = scanner.prepare(LAYOUT);
  const canonical = fc
    .date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
    .map((date) => date.toISOString());
  const odd = fc
    .tuple(
      canonical,
      fc.nat({ max: 24 }),
      fc.constantFrom("", "0", "9", "6", ":", ".", "-", "Z", "z", " ", "t", "+", "\\u0030"),
      fc.boolean(),
    )
    .map(([text, at, put, replaces]) => text.slice(0, at) + put + text.slice(replaces ? at + 1 : at));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(canonical, odd, fc.constantFrom("", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z")), {
        minLength: 1,
        maxLength: 4,
      }),
      (texts) => {
        const rows = told(
          scanner,
          scan,
          texts.map((text) => `{"at":"${text}"}`),
        );
        for (const [index, { time }] of rows.entries()) {
          if (time === undefined) continue;
          const bytes = Buffer.from(`${texts[index]}${" ".repeat(16)}`);
          assert.equal(time, parseTime(bytes, 0, Buffer.byteLength(texts[index])), texts[index]);
        }
      },
    ),
    { numRuns: 3000, seed: 1 },
  );
});

test("a scanner that tells nothing leaves zeros", () => {
  const scanner = createPlainScanner();
  const [row] = told(scanner, scanner.prepare(LAYOUT), [
    '{"verb":"a","user":{"name":"b"},"at":"2026-03-04T01:00:00Z"}',
  ]);
  assert.deepEqual([row.numbers, row.time], [[0, 0], undefined]);
});
