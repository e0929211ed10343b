import assert from "node:assert/strict";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/dedupe.ts";
import type { Event, Filter, Json } from "../../src/plugin.ts";
import { eventsOf, textOf } from "../support/events.ts";
import { createFilter } from "../support/filters.ts";
import { recordingContext } from "../support/recording-context.ts";

interface Place {
  readonly source?: string;
  readonly partition?: string;
  readonly receivedAt?: number;
}

/** An event of these bytes, as it came in there. */
function eventAt(
  offset: number,
  line: string | Json,
  { child = -1, ...place }: Place & { child?: number } = {},
): Event {
  const [event] = eventsOf([line]) as [Event];
  const origin = { ...event.origin, ...place };
  return new Proxy(event, {
    get(target, name) {
      if (name === "origin") return origin;
      if (name === "offset") return offset;
      if (name === "child") return child;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

type Remembering = Filter & Required<Pick<Filter, "remember" | "recall">>;

const dedupe = (options: Readonly<Record<string, unknown>> = {}, context = recordingContext()): Remembering =>
  createFilter(definition, options, context) as Remembering;

/** What passes, as text. */
const passing = (filter: Filter, ...events: Event[]): string[] =>
  (filter.apply(events) as readonly Event[]).map(textOf);

/** What a filter that died would find again: all it ever gave, as JSON text brings it back. */
function revived(
  remembered: readonly (Json | undefined)[],
  options: Readonly<Record<string, unknown>> = {},
): Remembering {
  const filter = dedupe(options);
  filter.recall(JSON.parse(JSON.stringify(remembered.filter((part) => part !== undefined))));
  return filter;
}

const A = '{"a":1}';
const B = '{"a":2}';

describe("dedupe", () => {
  it("lets an event pass once, and counts its duplicates, in one batch and in later ones", () => {
    const context = recordingContext();
    const filter = dedupe({}, context);
    assert.deepEqual(passing(filter, eventAt(0, A), eventAt(10, A), eventAt(20, B)), [A, B]);
    assert.deepEqual(passing(filter, eventAt(30, B), eventAt(40, A)), []);
    assert.equal(context.counters.get("duplicates"), 3);
  });

  it("takes events for different that differ in one byte, be it a blank", () => {
    const lines = ['{"a":1}', '{"a": 1}', '{"a":1.0}', '{"a":10000000000000000001}', '{"a":10000000000000000002}'];
    assert.deepEqual(passing(dedupe(), ...lines.map((line, index) => eventAt(index, line))), lines);
  });

  it("tells long events from each other by their last byte, too", () => {
    const long = (end: string) => `{"x":"${"y".repeat(100_000)}${end}"}`;
    const filter = dedupe();
    assert.equal(passing(filter, eventAt(0, long("a")), eventAt(1, long("b")), eventAt(2, long("a"))).length, 2);
  });

  it("does not go by auditID unless told to: clients choose it", () => {
    const lines = ['{"auditID":"1","verb":"get"}', '{"auditID":"1","verb":"delete"}'];
    assert.deepEqual(passing(dedupe(), eventAt(0, lines[0] as string), eventAt(1, lines[1] as string)), lines);
  });

  it("returns the same array where nothing is a duplicate", () => {
    const events = [eventAt(0, A), eventAt(1, B)];
    assert.equal(dedupe().apply(events), events);
  });

  describe("by fields", () => {
    const byId = { fields: ["id"] };

    it("compares strings decoded, whatever else the events hold", () => {
      const filter = dedupe(byId);
      assert.equal(passing(filter, eventAt(0, '{"id":"us\\u0065r"}'), eventAt(1, '{"x":1,"id":"user"}')).length, 1);
    });

    it("tells apart numbers that a double cannot, and a number from a string", () => {
      const lines = ['{"id":10000000000000000001}', '{"id":10000000000000000002}', '{"id":1}', '{"id":"1"}'];
      assert.deepEqual(passing(dedupe(byId), ...lines.map((line, index) => eventAt(index, line))), lines);
    });

    it("tells apart texts of broken characters", () => {
      const lines = ['{"id":"\\ud800"}', '{"id":"\\ud801"}', '{"id":"\\ufffd"}', '{"id":"\\\\ud800"}'];
      assert.deepEqual(passing(dedupe(byId), ...lines.map((line, index) => eventAt(index, line))), lines);
    });

    it("takes no two lists of values for one, wherever their text could be cut", () => {
      const lines = ['{"a":"x\\n","b":"y"}', '{"a":"x","b":"\\ny"}', '{"a":"x\\"","b":"y"}', '{"a":"x","b":"\\"y"}'];
      const filter = dedupe({ fields: ["a", "b"] });
      assert.deepEqual(passing(filter, ...lines.map((line, index) => eventAt(index, line))), lines);
    });

    it("never drops an event in which one is absent or null", () => {
      const lines = ['{"a":1}', '{"a":1}', '{"a":1,"id":null}', '{"a":1,"id":null}'];
      assert.deepEqual(passing(dedupe(byId), ...lines.map((line, index) => eventAt(index, line))), lines);
    });
  });

  describe("bounded", () => {
    it("forgets what came in longer ago than max_age; a duplicate in between does not prolong it", () => {
      const filter = dedupe({ max_age: "10s" });
      assert.equal(passing(filter, eventAt(0, A, { receivedAt: 0 })).length, 1);
      assert.equal(passing(filter, eventAt(1, A, { receivedAt: 10_000 })).length, 0);
      assert.equal(passing(filter, eventAt(2, A, { receivedAt: 10_001 })).length, 1);
      assert.equal(passing(filter, eventAt(3, A, { receivedAt: 20_001 })).length, 0);
    });

    it("forgets the oldest beyond max_keys, and says once that duplicates may pass", () => {
      const context = recordingContext();
      const filter = dedupe({ max_keys: 2 }, context);
      const lines = ['{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}'];
      assert.deepEqual(passing(filter, ...lines.map((line, index) => eventAt(index, line))), lines);
      assert.equal(context.counters.get("forgotten_early"), 2);
      assert.equal(context.warnings.length, 1);
      assert.deepEqual(passing(filter, eventAt(7, '{"n":4}'), eventAt(8, '{"n":3}'), eventAt(9, '{"n":1}')), [
        '{"n":1}',
      ]);
    });

    it("says nothing of what it forgets because its time is over", () => {
      const context = recordingContext();
      const filter = dedupe({ max_keys: 1, max_age: "1s" }, context);
      filter.apply([eventAt(0, A, { receivedAt: 0 }), eventAt(1, B, { receivedAt: 1001 })]);
      assert.equal(context.counters.get("forgotten_early"), undefined);
      assert.deepEqual(context.warnings, []);
    });
  });

  describe("when events are read again", () => {
    it("lets an event pass that it finds at its own position, as often as it comes", () => {
      const filter = dedupe();
      for (let time = 0; time < 3; time++) assert.deepEqual(passing(filter, eventAt(5, A)), [A]);
    });

    it("goes by source, partition, offset and which element it is", () => {
      const first = { source: "s", partition: "p", child: 3 };
      for (const other of [{ source: "t" }, { partition: "q" }, { child: 4 }]) {
        const filter = dedupe();
        assert.equal(passing(filter, eventAt(5, A, first)).length, 1);
        assert.equal(passing(filter, eventAt(5, A, { ...first, ...other })).length, 0);
      }
    });

    it("decides the same again, whichever of two partitions comes first then", () => {
      const first = dedupe();
      const one = () => eventAt(0, A, { partition: "one" });
      const two = () => eventAt(0, A, { partition: "two" });
      assert.equal(passing(first, one(), two()).length, 1);
      const second = revived([first.remember(false)]);
      assert.equal(passing(second, two()).length, 0);
      assert.equal(passing(second, one()).length, 1);
    });
  });

  it("drops no event that is read again for one behind it, which passed when the first was forgotten", () => {
    for (const [options, between] of [
      [{ max_age: "10s" }, 10_001],
      [{ max_keys: 1 }, 1],
    ] as const) {
      const filter = dedupe({ fields: ["id"], ...options });
      const first = () => eventAt(0, '{"id":1,"of":"first"}', { receivedAt: 0 });
      const others = () => [
        eventAt(10, '{"id":2}', { receivedAt: between }),
        eventAt(20, '{"id":1,"of":"second"}', { receivedAt: between }),
      ];
      const all = ['{"id":1,"of":"first"}', '{"id":2}', '{"id":1,"of":"second"}'];
      assert.deepEqual(passing(filter, first(), ...others()), all);
      const again = revived([filter.remember(false)], { fields: ["id"], ...options });
      assert.deepEqual(passing(again, first(), ...others()), all);
    }
  });

  describe("remembers", () => {
    it("each time what is new, which together is everything", () => {
      const filter = dedupe();
      const parts: (Json | undefined)[] = [];
      passing(filter, eventAt(0, A));
      parts.push(filter.remember(false));
      passing(filter, eventAt(1, B), eventAt(2, A));
      parts.push(filter.remember(false));
      assert.equal(filter.remember(false), undefined);
      const again = revived(parts);
      assert.deepEqual(passing(again, eventAt(3, A), eventAt(4, B)), []);
      assert.deepEqual(passing(again, eventAt(0, A), eventAt(1, B)), [A, B]);
    });

    it("everything anew, when asked for all", () => {
      const filter = dedupe();
      passing(filter, eventAt(0, A));
      filter.remember(false);
      passing(filter, eventAt(1, B));
      const all = filter.remember(true);
      assert.equal(filter.remember(false), undefined);
      assert.deepEqual(passing(revived([all]), eventAt(3, A), eventAt(4, B)), []);
    });

    it("when an event came in, so that its time is over no later for a restart", () => {
      const filter = dedupe({ max_age: "10s" });
      passing(filter, eventAt(0, A, { receivedAt: 0 }));
      const again = revived([filter.remember(false)], { max_age: "10s" });
      assert.equal(passing(again, eventAt(1, A, { receivedAt: 10_000 })).length, 0);
      assert.equal(passing(again, eventAt(2, A, { receivedAt: 10_001 })).length, 1);
    });

    it("the order, so that the oldest is forgotten first after a restart, too", () => {
      const filter = dedupe();
      passing(filter, eventAt(0, A), eventAt(1, B));
      const again = revived([filter.remember(false)], { max_keys: 2 });
      passing(again, eventAt(2, '{"a":3}'));
      assert.deepEqual(passing(again, eventAt(3, B)), []);
      assert.deepEqual(passing(again, eventAt(4, A)), [A]);
    });

    it("positions far into a file, and elements of elements", () => {
      const far = { child: (2 ** 19 + 1) * 2 ** 24 + 7 };
      const filter = dedupe();
      passing(filter, eventAt(2 ** 50, A, far));
      const again = revived([filter.remember(false)]);
      assert.deepEqual(passing(again, eventAt(2 ** 50, A, far)), [A]);
      assert.deepEqual(passing(again, eventAt(2 ** 50, A)), []);
    });

    it("no more than max_keys, however long nobody asks", () => {
      const filter = dedupe({ max_keys: 3 });
      for (let n = 0; n < 100; n++) passing(filter, eventAt(n, { n }));
      const { records } = filter.remember(false) as { records: string };
      assert.equal(Buffer.from(records, "base64").length, 3 * 52);
    });

    it("nothing of a newer version: that is told with a remedy", () => {
      assert.throws(() => revived([{ version: 2, origins: [], records: "" }]), /version 2.*run the newer Sluice/);
    });
  });
});
