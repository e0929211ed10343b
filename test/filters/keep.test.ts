import assert from "node:assert/strict";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/keep.ts";
import { field } from "../../src/plugin.ts";
import { applyTo, createFilter, lineAfter } from "../support/filters.ts";

const FIELDS = ["verb", "user.username", "user.extra.a", "stageTimestamp"];
const LINE =
  '{"stageTimestamp":"2024-05-06T07:08:09Z","n":1,"user":{"username":"x","groups":["g"],"extra":{"a":[1.0],"b":2}},"verb":"get"}';
const keep = (fields: string[], line: string) => lineAfter(createFilter(definition, { fields }), line);

describe("keep", () => {
  it("keeps the fields that are listed, in that order, their values to the letter", () => {
    assert.equal(
      keep(FIELDS, LINE),
      '{"verb":"get","user":{"username":"x","extra":{"a":[1.0]}},"stageTimestamp":"2024-05-06T07:08:09Z"}',
    );
  });

  it("passes over what is absent, with the parents that would be empty", () => {
    assert.equal(keep(["a.b.c", "verb"], LINE), '{"verb":"get"}');
    assert.equal(keep(["a.b.c"], LINE), "{}");
  });

  it("keeps a field within another with it", () => {
    assert.equal(
      keep(["user.username", "user"], '{"user":{"uid":1,"username":"x"},"n":1}'),
      '{"user":{"uid":1,"username":"x"}}',
    );
  });

  it("leaves nothing of a repeated field but its last value", () => {
    assert.equal(keep(["a", "b"], '{"a":"first","b":{"c":1},"a":"last"}'), '{"a":"last","b":{"c":1}}');
  });

  it("returns an event as it is where that is all it holds", () => {
    const line = '{"user":{"username":"x"},"verb":"get"}';
    assert.equal(keep(FIELDS, line), line);
  });

  it("lets what is kept be read, and nothing else", () => {
    const [event] = applyTo(createFilter(definition, { fields: FIELDS }), [LINE]);
    assert.equal(event?.text(field("user.username")), "x");
    assert.deepEqual(event?.get(field("user")), { username: "x", extra: { a: [1] } });
    assert.equal(Buffer.from(event?.raw(field("user.extra")) ?? []).toString(), '{"a":[1.0]}');
    assert.equal(event?.has(field("user.extra")), true);
    assert.equal(event?.has(field("user.groups")), false);
    assert.equal(event?.get(field("n")), undefined);
    assert.deepEqual(event?.value, JSON.parse(Buffer.from(event?.bytes ?? []).toString()));
    assert.equal(event?.time, Date.parse("2024-05-06T07:08:09Z"));
  });
});
