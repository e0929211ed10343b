import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { field, isWithin, join } from "../../src/event/field-path.ts";

const keys = (text: string): readonly string[] => field(text).keys;

test("a path names keys with dots, or in brackets and quotes", () => {
  assert.deepEqual(keys("user.username"), ["user", "username"]);
  assert.deepEqual(keys('annotations["sluice/redacted"]'), ["annotations", "sluice/redacted"]);
  assert.deepEqual(keys("annotations['a.b'].c"), ["annotations", "a.b", "c"]);
  assert.deepEqual(keys('["a b"]["c"]'), ["a b", "c"]);
  assert.deepEqual(keys('a["\\u0062\\"]"]'), ["a", 'b"]']);
  assert.deepEqual(keys("a['it\\'s']"), ["a", "it's"]);
  assert.deepEqual(keys('a[""]'), ["a", ""]);
  assert.deepEqual(keys("@timestamp.kebab-case.ключ.__proto__"), ["@timestamp", "kebab-case", "ключ", "__proto__"]);
});

test("there is one object for each path, however it is written", () => {
  assert.equal(field('a["b"]'), field("a.b"));
  assert.equal(field(["a", "b"]), field("a.b"));
  assert.notEqual(field(["a.b"]), field("a.b"));
  assert.equal(field("a.b.c").rest, field("b.c"));
  assert.equal(field("c").rest, undefined);
  assert.equal(join(field("a"), ["b", "c"]), field("a.b.c"));
  assert.equal(join(field("a"), []), field("a"));
});

test("a path's text names the same path", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary-ascii", maxLength: 4 }), { minLength: 1, maxLength: 3 }), (path) => {
      assert.equal(field(field(path).text), field(path));
    }),
    { numRuns: 200 },
  );
});

test("keys that no plain text can hold keep their text, too", () => {
  for (const key of ["", "\ud800", "\u2028", "😀", "\n", "__proto__", "'", '"', "\\"])
    assert.equal(field(field([key, key]).text), field([key, key]));
});

test("a path is within itself and its ancestors", () => {
  assert.ok(isWithin(field("a.b"), field("a.b")));
  assert.ok(isWithin(field("a.b.c"), field("a")));
  assert.ok(!isWithin(field("a"), field("a.b")));
  assert.ok(!isWithin(field("ab"), field("a")));
  assert.ok(!isWithin(field("a.c"), field("a.b")));
});

test("a text that is no path is refused with the place and a remedy", () => {
  const wrong: [string, RegExp][] = [
    ["", /at least one key/],
    ["a..b", /character 3 .*write a\.b, or a\["b\.c"\]/],
    [".a", /character 1/],
    ["a.", /character 3/],
    ["a b", /character 2/],
    ["a[0]", /character 2/],
    ['a["b"', /character 2/],
    ['a["b"]c', /character 7/],
    ['a["\\x"]', /character 2/],
    ["[a]", /character 1/],
  ];
  for (const [text, message] of wrong) assert.throws(() => field(text), { name: "SyntaxError", message }, text);
});
