import assert from "node:assert/strict";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/rename.ts";
import { field } from "../../src/plugin.ts";
import { eventsOf } from "../support/events.ts";
import { applyTo, createFilter, lineAfter } from "../support/filters.ts";

const rename = (fields: Record<string, string>, line: string) => lineAfter(createFilter(definition, { fields }), line);

describe("rename", () => {
  it("moves a value to the letter", () => {
    assert.equal(rename({ a: "b" }, '{"a":12345678901234567890,"c":1.0}'), '{"c":1.0,"b":12345678901234567890}');
  });

  it("moves between nested places, and makes the parents that are missing", () => {
    assert.equal(
      rename({ "user.username": "actor.name" }, '{"user":{"username":"x"}}'),
      '{"user":{},"actor":{"name":"x"}}',
    );
  });

  it("takes the place of what stood there", () => {
    assert.equal(rename({ a: "b" }, '{"b":1,"a":2}'), '{"b":2}');
    assert.equal(rename({ "user.username": "user" }, '{"user":{"username":"x","uid":1}}'), '{"user":"x"}');
    assert.equal(rename({ a: "a.b" }, '{"a":1}'), '{"a":{"b":1}}');
  });

  it("lets two fields change places", () => {
    assert.deepEqual(JSON.parse(rename({ a: "b", b: "a" }, '{"a":1,"b":2}')), { a: 2, b: 1 });
  });

  it("leaves nothing behind in repeated fields", () => {
    assert.equal(rename({ a: "b" }, '{"a":"first","b":0,"b":1,"a":"last"}'), '{"b":"last"}');
  });

  it("leaves an event without the field as it is", () => {
    const filter = createFilter(definition, { fields: { a: "b" } });
    const events = eventsOf(['{ "b":1, "b":2 }'], filter);
    assert.equal(filter.apply(events), events);
  });

  it("lets fields be read in their new place", () => {
    const [event] = applyTo(createFilter(definition, { fields: { "user.username": "actor" } }), [
      '{"user":{"username":"x"}}',
    ]);
    assert.equal(event?.text(field("actor")), "x");
    assert.equal(event?.has(field("user.username")), false);
  });

  it("refuses two fields for one place, and a field renamed to itself", () => {
    assert.throws(
      () => createFilter(definition, { fields: { a: "c", b: "c" } }),
      /"a" and "b" are both renamed to "c"/,
    );
    assert.throws(() => createFilter(definition, { fields: { a: "a" } }), /"a" is renamed to itself/);
  });
});
