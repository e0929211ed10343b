import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_TEXTS } from "../../src/json/vocabulary.ts";
import { edit, field, nest, PerText } from "../../src/plugin.ts";
import { eventsOf } from "../support/events.ts";
import { scannedEvents } from "../support/scanned-events.ts";

const USER = field("user.username");
const lineOf = (user: string): string => `{"user":{"username":${user}}}`;

test("what is known of a text is learned once, however often it comes", () => {
  const learned: string[] = [];
  const lengthOf = new PerText(USER, (text) => learned.push(text) && text.length);
  const users = ["anna", "bob", "anna", "bob", "anna"].map((user) => lineOf(JSON.stringify(user)));
  const read = scannedEvents([USER]);
  assert.deepEqual(
    [...read(users), ...read(users)].map((event) => lengthOf.of(event)),
    [4, 3, 4, 3, 4, 4, 3, 4, 3, 4],
  );
  assert.deepEqual(learned, ["anna", "bob"]);
});

test("it is known of the text and not of how that is written, and of any event", () => {
  const upper = new PerText(USER, (text) => text.toUpperCase());
  const lines = ['"é\\n"', '"\\u00e9\\n"', '""', `"${"x".repeat(500)}"`].map(lineOf);
  const expected = ["É\n", "É\n", "", "X".repeat(500)];
  const events = scannedEvents([USER])(lines);
  assert.deepEqual(
    events.map((event) => upper.of(event)),
    expected,
  );
  assert.deepEqual(
    eventsOf(lines).map((event) => upper.of(event)),
    expected,
  );
  assert.equal(upper.of(edit(events[0], { set: USER, value: "b" })), "B");
  assert.equal(upper.of(edit(events[0], { set: field("other"), value: "b" })), "É\n");
  const nested = new PerText(field("event.user.username"), (text) => text.toUpperCase());
  assert.equal(nested.of(nest(events[1], "event")), "É\n");
});

test("nothing is known where the field is absent or no string, and of a repeated one the last counts", () => {
  const upper = new PerText(USER, (text) => text.toUpperCase());
  const escaped = '{"user":{"username":"a","user\\u006eame":"b"}}';
  const repeated = '{"user":{"username":"a","username":"b"}}';
  const lines = ["{}", lineOf("1"), lineOf("null"), '{"user":"a"}', repeated, escaped];
  assert.deepEqual(
    scannedEvents([USER])(lines).map((event) => upper.of(event)),
    [undefined, undefined, undefined, undefined, "B", "B"],
  );
});

test("more texts than a scanner numbers are all told apart, and so are those before", () => {
  const upper = new PerText(USER, (text) => text.toUpperCase());
  const read = scannedEvents([USER]);
  const rounds = [0, 1, 2].map((round) => {
    const users = Array.from({ length: MOST_TEXTS + 100 }, (_, n) => `user-${round}-${n}`);
    return { users, events: read(users.map((user) => lineOf(JSON.stringify(user)))) };
  });
  for (const { users, events } of [...rounds, ...rounds.toReversed()]) {
    for (const [index, event] of events.entries()) assert.equal(upper.of(event), users[index].toUpperCase());
  }
});
