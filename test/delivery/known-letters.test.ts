import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownLetters } from "../../src/delivery/known-letters.ts";
import type { PartitionPositions, SourcePositions } from "../../src/delivery/sink-position.ts";

const letterAt = (offset: number, component: string) => ({
  reason: "no",
  component,
  source: "logs",
  partition: "p1",
  offset,
  byteLength: 2,
});

for (const component of ["sinks.search", "sources.logs"]) {
  test(`of too many letters of ${component} the oldest are forgotten, the latest are known`, () => {
    const known = new KnownLetters(4);
    // Nothing follows directly on another one: none are kept together.
    const letters = [0, 10, 20, 30, 40, 50, 60].map((offset) => letterAt(offset, component));
    for (const letter of letters) known.add(letter);
    assert.deepEqual(
      letters.filter((letter) => known.strip(letter) === undefined).map(({ offset }) => offset),
      [40, 50, 60],
    );
    assert.ok(known.isEmpty);
  });
}

test("lines that are kept together take no more room than one", () => {
  const known = new KnownLetters(2);
  for (let offset = 0; offset < 100; offset += 3) known.add(letterAt(offset, "sources.logs"));
  assert.equal(known.strip({ ...letterAt(0, "sources.logs"), byteLength: 101 }), undefined);
});

const at = (offset: number): PartitionPositions => new Map([["p1", { offset }]]);
const NO_BUFFERS = new Map();

test("a letter is forgotten once the sinks that its source feeds have passed it, whatever other sources others have", () => {
  const known = new KnownLetters();
  known.add(letterAt(10, "sinks.files"));
  known.add(letterAt(10, "sources.logs"));
  const behind: SourcePositions = new Map([["search/buffer", new Map([["buffer", { offset: 7 }]])]]);
  const sinks = (files: number, front: number) =>
    new Map<string, SourcePositions>([
      ["files", new Map([["logs", at(files)]])],
      ["search/buffer", new Map([["logs", at(front)]])],
      ["search", behind],
    ]);
  for (const [files, front] of [
    [20, 10],
    [0, 20],
  ] as const) {
    known.forgetBefore(sinks(files, front), NO_BUFFERS);
    assert.ok(!known.isEmpty);
  }
  known.forgetBefore(sinks(20, 20), NO_BUFFERS);
  assert.ok(known.isEmpty);
});

test("a letter of a sink behind a buffer is known until the sink has all that the buffer held", () => {
  const known = new KnownLetters();
  const letter = letterAt(10, "sinks.search");
  known.add(letter);
  const forget = (front: number, taken: number, end: number) =>
    known.forgetBefore(
      new Map([["search/buffer", new Map([["logs", at(front)]])]]),
      new Map([["sinks.search", { end, taken }]]),
    );
  forget(5, 100, 100);
  assert.ok(!known.isEmpty, "the source brings it again");
  forget(20, 100, 300);
  assert.ok(!known.isEmpty, "the buffer does");
  forget(30, 299, 900);
  assert.ok(!known.isEmpty);
  forget(40, 300, 900);
  assert.ok(known.isEmpty);
});

test("a letter of a partition that has ended is forgotten, and one of a partition that has not begun is not", () => {
  const known = new KnownLetters();
  known.add(letterAt(10, "sinks.files"));
  const forget = (positions: PartitionPositions) =>
    known.forgetBefore(new Map([["files", new Map([["logs", positions]])]]), NO_BUFFERS);
  forget(new Map());
  assert.ok(!known.isEmpty);
  forget(at(10));
  assert.ok(!known.isEmpty);
  forget(new Map());
  assert.ok(known.isEmpty);
});
