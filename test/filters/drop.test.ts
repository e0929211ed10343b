import assert from "node:assert/strict";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/drop.ts";
import { eventsOf } from "../support/events.ts";
import { createFilter, linesAfter } from "../support/filters.ts";
import { recordingContext } from "../support/recording-context.ts";

const RECEIVED = 'self.stage == "RequestReceived"';

describe("drop", () => {
  it("drops the events that the condition holds for, and keeps the others byte for byte", () => {
    const lines = ['{"stage":"RequestReceived"}', '{ "stage":"ResponseComplete" }', '{"stage":"Panic"}'];
    assert.deepEqual(linesAfter(createFilter(definition, { when: RECEIVED }), lines), lines.slice(1));
  });

  it("keeps an event for which the condition cannot be decided, and counts it", () => {
    const context = recordingContext();
    const lines = ["{}", '{"stage":7}'];
    assert.deepEqual(linesAfter(createFilter(definition, { when: "self.stage.size() > 3" }, context), lines), lines);
    assert.equal(context.counters.get("undecided"), 2);
    assert.equal(context.warnings.length, 1);
  });

  it("returns the same array where it drops none", () => {
    const filter = createFilter(definition, { when: RECEIVED });
    const events = eventsOf(['{"stage":"Panic"}'], filter);
    assert.equal(filter.apply(events), events);
  });

  it("refuses a condition that is none", () => {
    assert.throws(() => createFilter(definition, { when: "self.stage ==" }), SyntaxError);
  });
});
