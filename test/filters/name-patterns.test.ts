import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { NamePatterns } from "../../plugins/filters/name-patterns.ts";
import { compileWildcards } from "../../plugins/filters/wildcard.ts";

describe("patterns of names", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 5 });

  it("agree with wildcards, however many there are and whenever they are asked", () => {
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 12 }), fc.array(letters, { maxLength: 12 }), (patterns, names) => {
        const [quick, plain] = [new NamePatterns(patterns), compileWildcards(patterns)];
        for (const name of [...names, ...patterns, ...names]) assert.equal(quick.include(name), plain(name));
      }),
      { numRuns: 1000 },
    );
  });

  it("tell a long name from a short one", () => {
    const patterns = new NamePatterns(["a", "b".repeat(257)]);
    assert.deepEqual(
      ["a", "b".repeat(257), "a".repeat(257), "b"].map((name) => patterns.include(name)),
      [true, true, false, false],
    );
  });
});
