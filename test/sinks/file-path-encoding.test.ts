import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeValue, LEAST_ROOM, LONGEST_NAME, shorten } from "../../plugins/sinks/file/path-encoding.ts";
import { PathLayout } from "../../plugins/sinks/file/path-layout.ts";
import { Template } from "../../src/plugin.ts";

const HOSTILE = "\0\n\x1f\x7f\x85/\\%.. ~:aéÿ☃𝄞\ud800\udbff\udc00\udfff\ufffd\u200b\u202e25FEDmissinguy-";
const unit = fc.oneof(
  fc.constantFrom(...HOSTILE.split("")),
  fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)),
);
const anyValue = fc.oneof(
  fc.string({ unit, maxLength: 8 }),
  fc.string({ unit, maxLength: 400 }),
  fc.constantFrom("", ".", "..", "...", "%missing", "%empty", "%25", "%2F", "~", " ", "%~"),
);
const values = { numRuns: 1000 };

const layoutOf = (path: string) => new PathLayout(Template.parse(path, { times: true }), "/base");
const user = layoutOf("{{ user }}");
const nameOf = (value: string | undefined) => user.compose([value]);

test("no two values have one name", () => {
  fc.assert(
    fc.property(anyValue, anyValue, (one, other) => {
      assert.equal(nameOf(one) === nameOf(other), one === other);
    }),
    values,
  );
});

test("a value that differs in one character has another name", () => {
  fc.assert(
    fc.property(anyValue, unit, unit, fc.nat(), (value, one, other, place) => {
      const at = place % (value.length + 1);
      const [a, b] = [one, other].map((character) => value.slice(0, at) + character + value.slice(at));
      assert.equal(nameOf(a) === nameOf(b), a === b);
    }),
    values,
  );
});

test("a name can be turned back into its value, as long as it is whole", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), (value) => {
      assert.equal(decodeURIComponent(encodeValue(value)), value);
    }),
    values,
  );
});

test("a name is one that file systems take, and nothing else", () => {
  fc.assert(
    fc.property(fc.option(anyValue, { nil: undefined }), (value) => {
      const name = nameOf(value);
      assert.doesNotMatch(name, /[/\\\p{Cc}\p{Cs}]|^\.|^ |[. ]$|^$/u);
      assert.ok(Buffer.byteLength(name) <= LONGEST_NAME);
    }),
    values,
  );
});

test("a name keeps its form whatever else stands in it", () => {
  const layout = layoutOf("ocp-{{ a }}.{{ b }}-%Y-%m-%d.log");
  fc.assert(
    fc.property(anyValue, anyValue, (a, b) => {
      const name = layout.compose([a, b, "2026-01-02"]);
      assert.match(name, /^ocp-.+\..+-2026-01-02\.log$/u);
      assert.ok(Buffer.byteLength(name) <= LONGEST_NAME);
    }),
    values,
  );
});

test("unsafe characters are encoded byte by byte, others stay", () => {
  const cases = {
    "system:node:a.b.c": "system:node:a.b.c",
    "a/b": "a%2Fb",
    "n\0ul": "n%00ul",
    "100%": "100%25",
    ".": "%2E",
    "..": "%2E%2E",
    "...": "%2E.%2E",
    ".hidden": "%2Ehidden",
    " a b ": "%20a b%20",
    "DOM\\eve": "DOM%5Ceve",
    "a\u202eb": "a%E2%80%AEb",
    "\ud800": "%ED%A0%80",
    "\udfff": "%ED%BF%BF",
    "\ufffd": "\ufffd",
    "𝄞": "𝄞",
    "e\u0301": "e\u0301",
  };
  assert.deepEqual(Object.fromEntries(Object.keys(cases).map((value) => [value, encodeValue(value)])), cases);
});

test("a name of 255 bytes stays, a longer one ends in a hash", () => {
  const fits = "ü".repeat(127);
  assert.equal(nameOf(`${fits}x`), `${fits}x`);
  assert.match(nameOf(`${fits}xy`), /^ü{106}%~[0-9a-f]{40}$/);
  assert.match(nameOf("\0".repeat(300)), /^(%00){71}%~[0-9a-f]{40}$/);
});

test("what stands around a value is not cut with it", () => {
  const layout = layoutOf("out/ocp-{{ user }}/%Y/{{ verb }}-{{ user }}.log");
  const path = layout.compose(["u".repeat(300), "2026", "get", "u".repeat(300)]);
  assert.match(path, /^ocp-u{209}%~[0-9a-f]{40}\/2026\/get-u+%~[0-9a-f]{40}\.log$/);
  assert.equal(layout.base, "/base/out");
});

test("a value of millions of characters costs little more than its hash", () => {
  const name = nameOf("\0".repeat(2 ** 24));
  assert.equal(name.length, 255);
});

test("a value is shortened to its room", () => {
  fc.assert(
    fc.property(anyValue, fc.integer({ min: LEAST_ROOM, max: 200 }), (value, room) => {
      assert.ok(Buffer.byteLength(shorten(value, room)) <= room);
    }),
    values,
  );
});
