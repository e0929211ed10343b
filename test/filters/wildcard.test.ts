import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compileWildcards } from "../../plugins/filters/wildcard.ts";

describe("wildcards", () => {
  it("agree with a regular expression on every pattern and text", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 8 });
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const source = pattern.replaceAll(".", "\\.").replaceAll("*", "[^]*");
        assert.equal(compileWildcards([pattern])(text), new RegExp(`^${source}$`).test(text));
      }),
    );
  });

  it("take time linear in the text", () => {
    const fits = compileWildcards([`${"a*".repeat(30)}b`]);
    assert.equal(fits("a".repeat(1_000_000)), false);
  });
});
