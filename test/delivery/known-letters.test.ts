import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownLetters } from "../../src/delivery/known-letters.ts";

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
