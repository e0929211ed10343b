import assert from "node:assert/strict";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/nest.ts";
import { field } from "../../src/plugin.ts";
import { applyTo, createFilter, lineAfter } from "../support/filters.ts";

describe("nest", () => {
  it("makes the event the value of a field, byte for byte", () => {
    const line = '{ "n": 12345678901234567890, "n":1.0 }';
    assert.equal(lineAfter(createFilter(definition, { under: "event" }), line), `{"event":${line}}`);
  });

  it("nests as deep as the path says", () => {
    const filter = createFilter(definition, { under: 'a["b.c"]' });
    assert.equal(lineAfter(filter, '{"x":1}'), '{"a":{"b.c":{"x":1}}}');
  });

  it("tells where a field stood before", () => {
    const { before } = createFilter(definition, { under: "k8s.event" });
    assert.equal(before?.(field("k8s.event.user.username")), field("user.username"));
    assert.equal(before?.(field("k8s.event")), undefined);
    assert.equal(before?.(field("k8s")), undefined);
    assert.equal(before?.(field("user.username")), undefined);
  });

  it("lets fields be read in their new place", () => {
    const [event] = applyTo(createFilter(definition, { under: "k8s.event" }), ['{"user":{"username":"a"}}']);
    assert.equal(event?.text(field("k8s.event.user.username")), "a");
    assert.equal(event?.text(field("user.username")), undefined);
  });
});
