import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Condition } from "../../src/event/condition.ts";
import { edit, nest } from "../../src/event/edit.ts";
import { MOST_ELEMENTS } from "../../src/event/element-rows.ts";
import { type Event, watch } from "../../src/event/event.ts";
import { type FieldPath, field, join } from "../../src/event/field-path.ts";
import { jsonText } from "../../src/event/json-text.ts";
import { Read, ReadRows } from "../../src/event/read-rows.ts";
import { ScannedEvent } from "../../src/event/scanned-event.ts";
import { NO_SLOTS } from "../../src/event/slots.ts";
import { Template } from "../../src/event/template.ts";
import type { Json } from "../../src/json/json.ts";
import { documentText, keyPath } from "../support/documents.ts";
import { eventsOf, ORIGIN, textOf } from "../support/events.ts";

const PATHS = ["a", "b", "a.b", "a.b.c", "b.a", "c", 'a[""]', "ключ"].map((text) => field(text));

function valueAt(value: Json | undefined, keys: readonly string[]): Json | undefined {
  for (const key of keys) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, Json>)[key];
  }
  return value;
}

/** Every way of reading a field says what the parsed value says. */
function assertReadsAs(event: Event, value: Json, below: readonly string[], paths: readonly FieldPath[]): void {
  for (const tail of paths) {
    const path = below.length === 0 ? tail : join(field(below), tail.keys);
    const expected = valueAt(value, path.keys);
    assert.deepEqual(event.get(path), expected, path.text);
    assert.equal(event.has(path), expected !== undefined, path.text);
    assert.equal(event.text(path), typeof expected === "string" ? expected : undefined, path.text);
    const json = jsonText(event, path);
    assert.equal(json === undefined, expected === undefined || typeof expected === "string", path.text);
    if (json !== undefined) assert.deepEqual(JSON.parse(json), expected, path.text);
    const raw = event.raw(path);
    assert.deepEqual(raw && JSON.parse(Buffer.from(raw).toString()), expected, path.text);
  }
  assert.deepEqual(event.value, value);
  assert.deepEqual(JSON.parse(textOf(event)), value);
  assert.equal(event.byteLength, event.bytes.length);
}

test("scanned, edited and nested events read as JSON.parse reads them", () => {
  fc.assert(
    fc.property(documentText, keyPath, (text, keys) => {
      const value = JSON.parse(text) as Json;
      for (const reads of [[], PATHS]) {
        const [event] = eventsOf([text], { reads });
        assertReadsAs(event, value, [], [...PATHS, field(keys)]);
        assertReadsAs(nest(event, "in"), { in: value } as Json, ["in"], PATHS);
        const changed = edit(event, { set: field(keys), value: "new" }, { remove: field("b") });
        assertReadsAs(changed, JSON.parse(textOf(changed)), [], [...PATHS, field(keys)]);
        const nested = nest(changed, "in");
        assertReadsAs(
          edit(nested, { remove: field("in.a.b") }),
          JSON.parse(textOf(edit(nested, { remove: field("in.a.b") }))),
          ["in"],
          PATHS,
        );
      }
    }),
    { numRuns: 300 },
  );
});

test("a repeated parent forgets what the earlier one held", () => {
  for (const reads of [[], [field("a.b"), field("a.c")]]) {
    const [event] = eventsOf(['{"a":{"b":1,"c":2},"a":{"c":3}}'], { reads });
    assert.equal(event.get(field("a.b")), undefined);
    assert.equal(event.get(field("a.c")), 3);
  }
});

test("keys and texts are compared and read decoded", () => {
  for (const reads of [[], [field("user.name")]]) {
    const [event] = eventsOf(['{"us\\u0065r":{"n\\u0061me":"\\u0061\\n\\ud83d\\ude00"},"lone":"\\ud800"}'], { reads });
    assert.equal(event.text(field("user.name")), "a\n😀");
    assert.equal(event.text(field("lone")), "\ud800");
  }
});

test("texts of every length and letter are read as they stand, again and again", () => {
  const texts = [
    "",
    "a",
    "ab",
    "abc",
    "abcd",
    "abcde",
    "ü",
    "😀",
    "x".repeat(93),
    "y".repeat(94),
    "z".repeat(95),
    "w".repeat(1000),
    "\u0000",
  ];
  const rivals = Array.from({ length: 500 }, (_, index) => `system:serviceaccount:kube-${index % 7}:name-${index}`);
  const events = eventsOf(
    [...texts, ...rivals].map((name) => ({ name })),
    { reads: [field("name")] },
  );
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(
      events.map((event) => event.text(field("name"))),
      [...texts, ...rivals],
    );
  }
});

test("an event knows where it came from, however it was changed", () => {
  const [first, second] = eventsOf([{ a: 1 }, { a: 2 }]);
  for (const event of [second, nest(second, "x"), edit(second, { remove: field("a") })]) {
    assert.equal(event.origin, ORIGIN);
    assert.equal(event.offset, first.byteLength + 1);
    assert.equal(event.child, -1);
  }
});

test("bytes are copied to where they are wanted", () => {
  const [event] = eventsOf(['  {"a": 1}  ']);
  for (const [copied, text] of [
    [event, '{"a": 1}'],
    [nest(event, "b"), '{"b":{"a": 1}}'],
    [edit(event, { set: field("a"), value: 2 }), '{"a": 2}'],
  ] as const) {
    const target = Buffer.alloc(text.length + 4, "-");
    assert.equal(copied.copyTo(target, 2), text.length + 2);
    assert.equal(target.toString(), `--${text}--`);
  }
});

test("what an event gives is the reader's own", () => {
  const [event] = eventsOf([{ a: [1] }]);
  for (const made of [event, edit(event, { set: field("b"), value: 1 }), nest(event, "n")]) {
    const before = textOf(made);
    made.bytes.fill(0);
    made.raw(field("a"))?.fill(0);
    made.raw(field("n"))?.fill(0);
    assert.equal(textOf(made), before);
  }
});

test("elements of an array of objects are events; of any other value there are none", () => {
  const path = field("list.items");
  const line = '{"list":{"items":[{"a":1}, {"a": 2}]},"mixed":[{},1],"empty":[],"none":{}}';
  for (const event of [
    ...eventsOf([line]),
    edit(eventsOf([line])[0], { set: field("x"), value: 1 }),
    nest(eventsOf([line])[0], "n"),
  ]) {
    const below = (text: string): FieldPath =>
      event.has(field("n")) ? join(field("n"), field(text).keys) : field(text);
    const elements = event.elements(below("list.items")) ?? assert.fail("no elements");
    assert.deepEqual(
      elements.map((element) => [textOf(element), element.child]),
      [
        ['{"a":1}', 0],
        ['{"a": 2}', 1],
      ],
    );
    assert.deepEqual(
      elements.map((element) => element.get(field("a"))),
      [1, 2],
    );
    assert.deepEqual(event.elements(below("empty")), []);
    for (const other of ["mixed", "none", "absent"]) assert.equal(event.elements(below(other)), undefined, other);
  }
  const outer = eventsOf(["{}", { items: [{ items: [{}, {}] }, { items: [{}] }] }])[1];
  const inner = outer.elements(field("items"))?.flatMap((element) => element.elements(field("items")) ?? []) ?? [];
  assert.equal(new Set([outer, ...(outer.elements(field("items")) ?? []), ...inner].map(({ child }) => child)).size, 6);
  for (const element of inner) assert.equal(element.offset, outer.offset);
  const [scanned] = eventsOf([line], { splits: path, reads: [field("a")] });
  assert.deepEqual(
    scanned.elements(path)?.map((element) => [element.get(field("a")), element.child]),
    [
      [1, 0],
      [2, 1],
    ],
  );
});

test("an event may hold what is watched for until a scan says it does not", () => {
  const secret = watch({ under: [field("body")], key: "kind", values: ["Secret"] });
  const [holds, lacks] = eventsOf(
    [{ body: { items: [{ kind: "Secret" }] } }, { kind: "Secret", body: { kind: "Pod" } }],
    { watches: [secret] },
  );
  assert.equal(holds.mayHold(secret), true);
  assert.equal(lacks.mayHold(secret), false);
  assert.equal(eventsOf([{}])[0].mayHold(secret), true);
  assert.equal(edit(lacks, { set: field("x"), value: 1 }, { remove: field("body.kind") }).mayHold(secret), false);
  assert.equal(edit(lacks, { set: field("body.x"), value: 1 }).mayHold(secret), true);
  assert.equal(
    edit(edit(lacks, { rename: field("kind"), to: field("body") }), { remove: field("x") }).mayHold(secret),
    true,
  );
  assert.equal(nest(holds, "x").mayHold(secret), false);
  assert.equal(nest(lacks, "body").mayHold(secret), true);
});

test("a text that is read again is the one of the path that is asked for", () => {
  const [event] = eventsOf([{ a: "one", b: "two", c: 3 }], { reads: [field("a")] });
  const read = ["a", "a", "b", "c", "b", "absent", "a"].map((path) => event.text(field(path)));
  assert.deepEqual(read, ["one", "one", "two", undefined, "two", undefined, "one"]);
});

test("texts that meet in one place of the table of texts stay apart", () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `user-${index}-of-many@example.com`);
  const events = eventsOf(
    names.map((name) => ({ name })),
    { reads: [field("name")] },
  );
  assert.equal(events.length, names.length);
  for (const [index, event] of events.entries()) assert.equal(event.text(field("name")), names[index]);
});

test("an array of more elements than the memory is meant for is refused, with the number that is allowed", () => {
  const [event] = eventsOf([`{"items":[${"{},".repeat(MOST_ELEMENTS)}{}]}`]);
  assert.throws(() => event.elements(field("items")), RangeError(`the array has more than ${MOST_ELEMENTS} elements`));
});

test("whatever is read of an event after its release throws", () => {
  const buffer = Buffer.from('{"a":"text"}');
  const read = new Read(buffer, 0, ORIGIN);
  const event = new ScannedEvent(new ReadRows(read, Int32Array.of(0, buffer.length, 0, 0), NO_SLOTS), 0, -1);
  const changed = edit(event, { set: field("b"), value: 1 });
  const kept = event.value;
  assert.equal(event.text(field("a")), "text");
  read.released = true;
  const ways: ((event: Event, path: FieldPath) => unknown)[] = [
    ({ bytes }) => bytes,
    ({ byteLength }) => byteLength,
    ({ offset }) => offset,
    ({ value }) => value,
    ({ time }) => time,
    (it, path) => it.get(path),
    (it, path) => it.has(path),
    (it, path) => it.text(path),
    (it, path) => it.raw(path),
    (it, path) => it.elements(path),
    (it) => it.copyTo(Buffer.alloc(100), 0),
    (it, path) => edit(it, { remove: path }),
    (it, path) => Condition.parse(`self.${path.text} == "text"`).decide(it),
    (it, path) => Template.parse(`{{ ${path.text} }}`).render(it),
  ];
  for (const [index, way] of ways.entries()) {
    assert.throws(() => way(event, field("a")), /copy what you keep/, `way ${index}`);
    assert.throws(() => way(nest(event, "n"), field("n.a")), /copy what you keep/, `way ${index}, nested`);
  }
  assert.throws(() => changed.get(field("a")), /copy what you keep/);
  assert.deepEqual(kept, { a: "text" });
});
