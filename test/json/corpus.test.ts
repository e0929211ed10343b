import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf, nameOf } from "./corpus/case.ts";
import { corpus } from "./corpus/index.ts";
import { parse } from "./reference.ts";

describe("the corpus", () => {
  for (const [matter, { valid, invalid }] of Object.entries(corpus)) {
    test(`says of ${valid.length + invalid.length} ${matter} what JSON.parse says`, () => {
      for (const input of valid) assert.ok(parse(bytesOf(input)) !== undefined, nameOf(input));
      for (const input of invalid) assert.ok(parse(bytesOf(input)) === undefined, nameOf(input));
    });
  }

  test("has more than 600 different inputs", () => {
    const inputs = Object.values(corpus).flatMap(({ valid, invalid }) => [...valid, ...invalid]);
    assert.ok(new Set(inputs.map((input) => bytesOf(input).toString("hex"))).size > 600);
  });
});
