import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Event, Rejection, Sink } from "../../src/plugin.ts";
import { eventsOf, textOf } from "../support/events.ts";

/** What the contract asks of every sink. */
export interface SinkTrial {
  /** A new sink; its other end is gone when the test is over. */
  create(test: TestContext): Sink | Promise<Sink>;
  /** The same with another end that takes nothing now, where that can be had: `write` is then to wait, or to throw. */
  createStuck?(test: TestContext): Sink | Promise<Sink>;
  /** Events for it, one JSON object a line. */
  readonly lines: readonly string[];
}

const NEVER = new AbortController().signal;
const STOPS_WITHIN_MS = 1000;

/** Holds a sink to the contract: what the engine counts on, whatever the sink does. */
export function describeSink(name: string, { create, createStuck, lines }: SinkTrial): void {
  describe(`the sink ${name}`, () => {
    it("returns rejections of the events that it was given, each once, or nothing", async (t) => {
      const sink = await create(t);
      const events = eventsOf(lines, sink);
      const rejections = await deliver(sink, events);
      const rejected = rejections.map(({ event }) => event);
      assert.equal(new Set(rejected).size, rejected.length);
      assert.ok(rejected.every((event) => events.includes(event)));
      assert.ok(rejections.every(({ reason }) => reason !== ""));
      await sink.close?.();
    });

    it("leaves the events as they are", async (t) => {
      const sink = await create(t);
      const events = eventsOf(lines, sink);
      await deliver(sink, events);
      assert.deepEqual(events.map(textOf), lines);
      await sink.close?.();
    });

    it("takes the same events again, and makes durable and closes what it has written", async (t) => {
      const sink = await create(t);
      for (let count = 0; count < 2; count++) {
        await deliver(sink, eventsOf(lines, sink));
        await sink.sync?.();
      }
      await sink.close?.();
    });

    it("closes without having written", async (t) => {
      await (await create(t)).close?.();
    });

    if (createStuck) {
      it("stops a write at the signal", async (t) => {
        const sink = await createStuck(t);
        const stop = new AbortController();
        const writing = sink.write(eventsOf(lines, sink), stop.signal).then(
          () => "settled",
          () => "settled",
        );
        setImmediate(() => stop.abort(new Error("the time is over")));
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise((resolve) => {
          timer = setTimeout(() => resolve("still writing"), STOPS_WITHIN_MS);
        });
        assert.equal(await Promise.race([writing, late]), "settled");
        clearTimeout(timer);
        await sink.close?.();
      });
    }
  });
}

/** Writes as the engine does: what can be undone is prepared first. */
async function deliver(sink: Sink, events: readonly Event[]): Promise<readonly Rejection[]> {
  const prepared = await sink.prepare?.(events);
  if (prepared === undefined || "intent" in prepared) return (await sink.write(events, NEVER)) ?? [];
  const rejected = new Set(prepared.map(({ event }) => event));
  return [
    ...prepared,
    ...(await deliver(
      sink,
      events.filter((event) => !rejected.has(event)),
    )),
  ];
}
