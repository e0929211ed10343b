import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { edit, nest } from "../../src/event/edit.ts";
import type { Event } from "../../src/event/event.ts";
import type { Edit } from "../../src/event/field-edit.ts";
import { type FieldPath, field } from "../../src/event/field-path.ts";
import type { Json, JsonObject } from "../../src/json/json.ts";
import { documentText, keyPath, valueText } from "../support/documents.ts";
import { eventsOf, textOf } from "../support/events.ts";

const eventOf = (text: string, reads: readonly FieldPath[] = []): Event => eventsOf([text], { reads })[0];
const edited = (text: string, ...edits: Edit[]): string => textOf(edit(eventOf(text), ...edits));
const remove = (path: string): Edit => ({ remove: field(path) });
const rename = (from: string, to: string): Edit => ({ rename: field(from), to: field(to) });
const set = (path: string, value: Json): Edit => ({ set: field(path), value });

test("remove takes a field and one comma, and no other byte", () => {
  assert.equal(edited('{"a":1, "b":2 ,"c":3}', remove("a")), '{"b":2 ,"c":3}');
  assert.equal(edited('{"a":1, "b":2 ,"c":3}', remove("b")), '{"a":1 ,"c":3}');
  assert.equal(edited('{"a":1, "b":2 ,"c":3}', remove("c")), '{"a":1, "b":2}');
  assert.equal(edited('{ "a" : 1 }', remove("a")), "{  }");
  assert.equal(edited('{"a":{"b":[1]},"c":1.0}', remove("a.b")), '{"a":{},"c":1.0}');
  assert.equal(edited('{"a":1,"b":2,"c":3,"d":4}', remove("a"), remove("c"), remove("b")), '{"d":4}');
  assert.equal(edited('{"a":{"b":1,"c":2},"d":3}', remove("a.b"), remove("d"), remove("a.c")), '{"a":{}}');
});

test("set puts a value in the field's place, else at the end of its parent, making parents", () => {
  assert.equal(edited('{"a": 1 ,"b":2}', set("a", "x")), '{"a": "x" ,"b":2}');
  assert.equal(edited('{"a":1}', set("b", null)), '{"a":1,"b":null}');
  assert.equal(edited("{ }", set("a.b.c", [1])), '{ "a":{"b":{"c":[1]}}}');
  assert.equal(edited('{"a":{"b":1}}', set("a.c", 2)), '{"a":{"b":1,"c":2}}');
  assert.equal(edited('{"a":[1],"b":1}', set("a.c", 2)), '{"a":{"c":2},"b":1}');
  assert.equal(edited("{}", { set: field("a"), raw: Buffer.from("1.000") }), '{"a":1.000}');
  assert.equal(edited("{}", set('a["\\"\\n"]', 1)), '{"a":{"\\"\\n":1}}');
});

test("rename moves a value to the letter", () => {
  assert.equal(edited('{"a":1.50,"b":2}', rename("a", "c")), '{"b":2,"c":1.50}');
  assert.equal(edited('{"a":{"b":{"x": 1}},"c":2}', rename("a.b", "c")), '{"a":{},"c":{"x": 1}}');
  assert.equal(edited('{"a":1}', rename("a", "a.b")), '{"a":{"b":1}}');
  assert.equal(edited('{"a":{"b":1}}', rename("a.b", "a")), '{"a":1}');
  assert.equal(edited('{"a":1}', rename("b", "a")), '{"a":1}');
});

test("an event that no edit changes is the event itself", () => {
  const event = eventOf('{"a":{"b":1}}');
  assert.equal(edit(event), event);
  assert.equal(edit(event, remove("b"), remove("a.c"), remove("a.b.c"), rename("x", "y")), event);
});

test("one edit sees what the one before it did", () => {
  assert.equal(edited("{}", set("a", { b: 1, c: 2 }), remove("a.b"), rename("a.c", "d")), '{"a":{},"d":2}');
  assert.equal(edited('{"a":1}', rename("a", "b"), rename("b", "c"), set("a", 2)), '{"c":1,"a":2}');
  assert.equal(textOf(edit(edit(eventOf('{"a":1,"b":2}'), remove("a")), set("a", 3))), '{"b":2,"a":3}');
});

const EDITS: readonly ((path: FieldPath) => Edit)[] = [
  (path) => ({ remove: path }),
  (path) => ({ set: path, value: "x" }),
  (path) => ({ rename: path, to: field("z") }),
];

test("a secret in any occurrence but the last of a repeated key is gone, at every level", () => {
  const documents = [
    '{"a":{"b":{"c":"canary"}},"a":{"b":{"c":1}}}',
    '{"a":{"b":{"c":"canary"},"b":{"c":1}}}',
    '{"a":{"b":{"c":"canary","c":1}}}',
    '{"a":{"b":{"c":"canary"}},"a":{"b":{"c":"canary"},"b":{"c":"canary","c":1}}}',
    '{"\\u0061":{"b":{"\\u0063":"canary"}},"a":{"b":{"c":1}}}',
    '{"a":{"b":{"c":"canary"}},"a":{"b":1}}',
    '{"a":{"b":{"c":"canary"}},"a":null}',
    '{"x":0,"a":{"b":{"c":"canary"}},"a":{"b":{"c":"canary"},"y":1,"b":{"c":1}},"z":0}',
  ];
  for (const document of documents) {
    for (const make of EDITS) {
      const change = make(field("a.b.c"));
      // Renaming what readers do not see does nothing: there is no value to move.
      if ("rename" in change && eventOf(document).get(field("a.b.c")) === undefined) continue;
      const text = edited(document, change);
      assert.doesNotMatch(text, /canary/, `${document} ${Object.keys(change)}`);
      assert.doesNotThrow(() => JSON.parse(text), text);
    }
  }
});

/** What an edit does to a value that has been parsed. */
function expected(value: JsonObject, change: Edit): JsonObject {
  const result = structuredClone(value);
  if ("remove" in change) take(result, change.remove.keys);
  else if ("rename" in change) {
    const moved = take(result, change.rename.keys);
    if (moved !== undefined) put(result, change.to.keys, moved);
  } else if ("value" in change) put(result, change.set.keys, change.value);
  return result;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function take(value: JsonObject, [key, ...rest]: readonly string[]): Json | undefined {
  if (!Object.hasOwn(value, key)) return undefined;
  const child = value[key];
  if (rest.length > 0) return isObject(child) ? take(child, rest) : undefined;
  delete (value as Record<string, Json>)[key];
  return child;
}

function put(value: JsonObject, [key, ...rest]: readonly string[], json: Json): void {
  const child = rest.length === 0 ? json : Object.hasOwn(value, key) && isObject(value[key]) ? value[key] : {};
  if (rest.length > 0) put(child as JsonObject, rest, json);
  (value as Record<string, Json>)[key] = child;
}

const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  keyPath.map((keys) => ({ remove: field(keys) })),
  fc.tuple(keyPath, keyPath).map(([from, to]) => ({ rename: field(from), to: field(to) })),
  fc
    .tuple(keyPath, valueText)
    .map(([keys, text]) => ({ set: field(keys), value: JSON.parse(JSON.stringify(JSON.parse(text))) as Json })),
);

test("edits do to the bytes what they would do to the parsed value, whatever fields the scan has noted", () => {
  const reads = fc.uniqueArray(
    keyPath.map((keys) => field(keys)),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(documentText, fc.array(anyEdit, { minLength: 1, maxLength: 4 }), reads, (text, edits, noted) => {
      const event = eventOf(text, noted);
      const result = edit(event, ...edits);
      assert.deepEqual(JSON.parse(textOf(result)), edits.reduce(expected, JSON.parse(text)));
      const oneByOne = edits.reduce<Event>((before, change) => edit(before, change), event);
      assert.deepEqual(oneByOne.value, result.value);
      for (const path of noted) assert.deepEqual(result.get(path), eventOf(textOf(result)).get(path));
    }),
    { numRuns: 2000 },
  );
});

test("nothing of an edited field is left, whichever occurrence it stood in", () => {
  fc.assert(
    fc.property(documentText, keyPath, fc.nat(2), (text, keys, which) => {
      const change = EDITS[which](field(keys));
      const planted = plant(text, keys);
      if ("rename" in change && eventOf(planted).get(field(keys)) === undefined) return;
      const result = edited(planted, change);
      const allowed = "rename" in change && JSON.stringify(JSON.parse(result).z)?.includes("canary") ? 1 : 0;
      assert.ok(result.split("canary").length - 1 <= allowed, `${planted} became ${result}`);
    }),
    { numRuns: 1000 },
  );
});

/** The document with canaries in each occurrence of the field, through each occurrence of its parents, and one at the front. */
function plant(text: string, keys: readonly string[]): string {
  const member = [...keys]
    .reverse()
    .reduce<string>((inner, key) => `{${JSON.stringify(key)}:${inner}}`, '"canary"')
    .slice(1, -1);
  return /^\{\s*\}$/.test(text) ? `{${member}}` : `{${member},${text.slice(1)}`;
}

test("bytes that an edit does not name stay as they are", () => {
  fc.assert(
    fc.property(fc.array(valueText, { maxLength: 5 }), fc.nat(5), valueText, (values, at, text) => {
      const members = values.map((value, index) => `"k${index}" :${value}`);
      const index = Math.min(at, members.length);
      const others = [...members.slice(0, index), ...members.slice(index)];
      const document = `{${[...members.slice(0, index), `"x":${text}`, ...members.slice(index)].join(",")}}`;
      assert.equal(edited(document, remove("x")), `{${others.join(",")}}`);
      assert.equal(edited(document, rename("x", "y")), `{${[...others, `"y":${text}`].join(",")}}`);
      assert.equal(edited(document, set("x", 1)), document.replace(`"x":${text}`, '"x":1'));
    }),
    { numRuns: 300 },
  );
});

test("an object with a million members is edited in memory of about its size", () => {
  const document = `{${'"a":1,"b":2,'.repeat(300_000)}"c":3}`;
  assert.equal(edited(document, remove("a"), remove("b")), '{"c":3}');
  assert.equal(edited(document, set("a", 2)).length, document.length - 299_999 * '"a":1,'.length);
});

test("nest puts an event's bytes under one field", () => {
  const event = eventOf('{ "a": 1.0 }');
  const nested = nest(nest(event, 'in"ner'), "outer");
  assert.equal(textOf(nested), '{"outer":{"in\\"ner":{ "a": 1.0 }}}');
  assert.equal(nested.byteLength, textOf(nested).length);
  assert.equal(textOf(edit(nested, set('outer["in\\"ner"].b', 2))), '{"outer":{"in\\"ner":{ "a": 1.0 ,"b":2}}}');
});
