import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Filter } from "../../src/plugin.ts";
import { eventsOf, textOf } from "../support/events.ts";

/** What the contract asks of every filter. */
export interface FilterTrial {
  /** A new filter, as pipeline.yaml would make it. */
  create(): Filter | Promise<Filter>;
  /** Events for it, one JSON object a line. */
  readonly lines: readonly string[];
}

/** Holds a filter to the contract: what the engine counts on, whatever the filter does. */
export function describeFilter(name: string, { create, lines }: FilterTrial): void {
  describe(`the filter ${name}`, () => {
    const apply = async (filter: Filter, given: readonly string[]) =>
      (await filter.apply(eventsOf(given, filter))).map(textOf);

    it("leaves the events that it is given as they are", async () => {
      const filter = await create();
      const events = eventsOf(lines, filter);
      await filter.apply(events);
      assert.deepEqual(events.map(textOf), lines);
    });

    it("returns a list of events, each one JSON object on one line, with where it came from", async () => {
      const filter = await create();
      for (const event of await filter.apply(eventsOf(lines, filter))) {
        const text = textOf(event);
        assert.equal(text.includes("\n"), false);
        assert.deepEqual(event.value, JSON.parse(text));
        assert.equal(event.byteLength, event.bytes.length);
        assert.equal(event.origin.source, "test");
        assert.equal(Number.isSafeInteger(event.offset), true);
      }
    });

    it("makes nothing of nothing", async () => {
      assert.deepEqual(await (await create()).apply([]), []);
    });

    it("makes the same of the same events, however they are cut into batches", async () => {
      const whole = await apply(await create(), lines);
      const oneByOne = await create();
      const parts: string[] = [];
      for (const line of lines) parts.push(...(await apply(oneByOne, [line])));
      assert.deepEqual(parts, whole);
    });

    it("makes the same of events whose fields were not noted beforehand", async () => {
      const filter = await create();
      const events = await filter.apply(eventsOf(lines));
      assert.deepEqual(events.map(textOf), await apply(await create(), lines));
    });
  });
}
