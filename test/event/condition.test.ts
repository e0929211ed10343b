import assert from "node:assert/strict";
import { test } from "node:test";
import { Condition } from "../../src/event/condition.ts";
import { edit, nest } from "../../src/event/edit.ts";
import { field } from "../../src/event/field-path.ts";
import { eventsOf } from "../support/events.ts";

const decide = (expression: string, ...events: (object | string)[]): (boolean | undefined)[] => {
  const condition = Condition.parse(expression);
  const read = eventsOf(events as string[], { reads: condition.fields });
  const verdicts = read.map((event) => condition.decide(event));
  // What was kept says the same as what is worked out, and so do events that were not scanned for the fields.
  assert.deepEqual(
    read.map((event) => condition.decide(event)),
    verdicts,
  );
  const fresh = Condition.parse(expression);
  assert.deepEqual(
    eventsOf(events as string[])
      .reverse()
      .map((event) => fresh.decide(event))
      .reverse(),
    verdicts,
  );
  return verdicts;
};

test("a condition compares what the event holds", () => {
  assert.deepEqual(decide('self.stage == "Panic"', { stage: "Panic" }, { stage: "panic" }), [true, false]);
  assert.deepEqual(decide('self.user.username.startsWith("system:")', { user: { username: "system:x" } }), [true]);
  assert.deepEqual(decide('self.verb in ["get", "list"]', { verb: "list" }, { verb: "delete" }), [true, false]);
  assert.deepEqual(decide('"b" in self.groups', { groups: ["a", "b"] }, { groups: [] }), [true, false]);
  assert.deepEqual(decide('self.groups.exists(g, g.endsWith("s"))', { groups: ["as"] }, { groups: ["sa"] }), [
    true,
    false,
  ]);
  assert.deepEqual(decide('self.annotations["a/b"] == "x"', { annotations: { "a/b": "x" } }), [true]);
  assert.deepEqual(decide("self.user.size() == 2 && self.user.a == 1", { user: { a: 1, b: 2 } }), [true]);
  assert.deepEqual(decide("self.a == null", { a: null }, { a: 0 }), [true, false]);
  assert.deepEqual(decide('timestamp(self.at) > timestamp("2024-01-01T00:00:00Z")', { at: "2024-05-01T00:00:00.5Z" }), [
    true,
  ]);
});

test("equal texts of different types are different values", () => {
  assert.deepEqual(decide('self.a == "1"', { a: "1" }, { a: 1 }), [true, false]);
  assert.deepEqual(decide("self.a == true", { a: "true" }, { a: true }), [false, true]);
  assert.deepEqual(decide("self.a == [1]", { a: "[1]" }, { a: [1] }, { a: [2] }), [false, true, false]);
  assert.deepEqual(decide("has(self.a)", { a: "" }, {}), [true, false]);
});

test("has() tells whether a field is there, without its parent too", () => {
  const events = [{ user: { username: "" } }, { user: { username: null } }, { user: {} }, { user: "x" }, {}];
  assert.deepEqual(decide("has(self.user.username)", ...events), [true, true, false, false, false]);
  assert.deepEqual(decide("has(self.user) && has(self.user.username)", ...events), [true, true, false, false, false]);
  assert.deepEqual(decide('has(self.user) && self.user.username == "x"', { user: { username: "x" } }, {}), [
    true,
    false,
  ]);
});

test("optional syntax stands in for what is absent", () => {
  const events = [{ user: { username: "x" } }, { user: {} }, {}];
  assert.deepEqual(decide('self.?user.?username.orValue("x") == "x"', ...events), [true, true, true]);
  assert.deepEqual(decide('self.?user.?username.orValue("") == "x"', ...events), [true, false, false]);
  assert.deepEqual(decide('self[?"user"].hasValue()', ...events), [true, true, false]);
});

test("what is absent, of a wrong type or neither true nor false is not decided", () => {
  assert.deepEqual(decide("self.a > 0", {}, { a: {} }), [undefined, undefined]);
  assert.deepEqual(decide("self.a.b == 1", { a: 1 }, { a: [] }, { a: {} }), [undefined, undefined, undefined]);
  assert.deepEqual(decide("self.a", { a: true }, { a: 1 }, { a: "true" }, {}), [true, undefined, undefined, undefined]);
  assert.deepEqual(decide("self.a.startsWith('x')", { a: 7 }), [undefined]);
  assert.deepEqual(decide("self.a > 1 || self.b", { a: "x", b: true }, { a: "x", b: false }), [true, undefined]);
});

test("integers keep all digits of 64 bits, and compare with other numbers by value", () => {
  assert.deepEqual(decide("self.a == 9007199254740993", '{"a":9007199254740993}', '{"a":9007199254740992}'), [
    true,
    false,
  ]);
  assert.deepEqual(decide("self.a == 9223372036854775807", '{"a":9223372036854775807}', '{"a":9223372036854775808}'), [
    true,
    false,
  ]);
  assert.deepEqual(decide("self.a > 1.5", { a: 2 }, '{"a":1.25}', '{"a":1e400}', '{"a":-0}'), [
    true,
    false,
    true,
    false,
  ]);
  assert.deepEqual(decide("self.a == 1.0", '{"a":1}', '{"a":1.0}', '{"a":1.5}'), [true, true, false]);
  assert.deepEqual(decide("self.a % 2 == 0", '{"a":4}', '{"a":4.0}'), [true, undefined]);
  assert.deepEqual(decide("self.a[1] == 1 && self.a[0].b >= 400", { a: [{ b: 404 }, 1] }), [true]);
});

test("keys that programs give a meaning are keys like others", () => {
  const line = '{"constructor":1,"__proto__":{"a":true},"b":{"constructor":2,"__proto__":3,"a":1}}';
  assert.deepEqual(decide("self.b.a == 1", line), [true]);
  assert.deepEqual(decide("self.b.size() == 3 && self.b.constructor == 2", line), [true]);
  assert.deepEqual(decide("self.exists(key, key == '__proto__') && self.constructor == 1", line), [true]);
  assert.deepEqual(decide("has(self.toString) || has(self.b.valueOf)", line), [false]);
});

test("of repeated and escaped keys the last counts", () => {
  const lines = ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"a":2,"a":1}', '{"p":{"a":2},"p":{}}'];
  assert.deepEqual(decide("self.a == 2", ...lines), [true, true, false, undefined]);
});

test("a condition names what it reads, and reads no more", () => {
  const fields = (expression: string): string[] => Condition.parse(expression).fields.map(({ text }) => text);
  assert.deepEqual(fields("has(self.a.b) && self.a.b == 1 && self['c'].d > self.e[?'f/g'].orValue(0)"), [
    "a.b",
    "c.d",
    "e.f/g",
  ]);
  assert.deepEqual(fields("self.items[0].name == self.keys[self.index]"), ["items", "keys", "index"]);
  assert.deepEqual(fields("self.a.b == 1 && self.a.size() == 1 && has(self.a.c)"), ["a"]);
  assert.deepEqual(fields("has(self.a) && self.a.b == 1"), ["a", "a.b"]);
  assert.deepEqual(fields("cel.bind(user, self.user, user.username == 'x' && user.uid == 'y')"), ["user"]);
  assert.deepEqual(fields("self.size() > 3"), []);
  assert.deepEqual(decide("self.size() > 1 && self.b.c == 'x'", { a: 1, b: { c: "x" } }), [true]);
});

test("edited and nested events are judged as they stand", () => {
  const condition = Condition.parse('self.?event.?a.orValue(self.?a.orValue("")) == "x"');
  const [event] = eventsOf([{ a: "x" }]);
  assert.equal(condition.decide(event), true);
  assert.equal(condition.decide(nest(event, "event")), true);
  assert.equal(condition.decide(edit(event, { set: field("a"), value: "y" })), false);
});

test("matches finds a pattern anywhere, in linear time", { timeout: 5000 }, () => {
  assert.deepEqual(decide("self.a.matches('b+')", { a: "abbc" }, { a: "ac" }), [true, false]);
  assert.deepEqual(decide("matches(self.a, r'^\\d+$') && self.a.matches('^[0-9]{3}$')", { a: "123" }, { a: "12" }), [
    true,
    false,
  ]);
  assert.deepEqual(decide('self.a.matches("^(a+)+$")', { a: `${"a".repeat(100_000)}b` }, { a: "aaa" }), [false, true]);
  assert.deepEqual(decide('self.a.exists(x, x.matches("^(a+)+$"))', { a: [`${"a".repeat(100_000)}b`] }), [false]);
});

test("a value larger than a mebibyte is not looked at, but known to be there", () => {
  const event = { a: ["x".repeat(1 << 20)], b: 1 };
  assert.deepEqual(decide("self.a.size() == 1", event), [undefined]);
  assert.deepEqual(decide("self.size() == 2", event), [undefined]);
  assert.deepEqual(decide("has(self.a) && self.b == 1", event), [true]);
});

test("verdicts stay right when more values pass than are kept", () => {
  const condition = Condition.parse("self.a == self.b");
  for (let round = 0; round < 12_000; round++) {
    const [event] =
      round % 1000 === 0 ? eventsOf([{ a: `${round}`, b: `${round}` }]) : eventsOf([{ a: `${round}`, b: "" }]);
    if (condition.decide(event) !== (round % 1000 === 0)) assert.fail(`round ${round}`);
  }
});

test("a wrong condition is refused with the place and a remedy", () => {
  const wrong: [string, RegExp][] = [
    ["self.a ==", /character 10 .*it ends here, and something is missing/],
    ["self.a = 1", /character 8 .*; == compares/],
    ["true && stage == 'x'", /character 9 .*the event is self: write self\.stage/],
    ["'abc'", /gives string, neither true nor false/],
    ["1 + 'x' == 2", /character 1 .*no such overload: int \+ string/],
    ["self.a.matchs('x')", /no matching overload for 'dyn.matchs\(string\)'/],
    ["self.a.matches('(')", /character 16 .*missing closing/],
    ["self.a.matches('(?=x)')", /character 16 .*look-around/],
    ["self.a.matches(self.b)", /character 16 .*pattern in quotes/],
    ["matches(self.a, self.b + 'x')", /pattern in quotes/],
    ["", /character 1 /],
  ];
  for (const [expression, message] of wrong) {
    assert.throws(() => Condition.parse(expression), { name: "SyntaxError", message }, expression);
  }
});
