import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../../src/event/event.ts";
import { field, NotYet, type Sink } from "../../src/plugin.ts";
import { configOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { deadLettersIn, runToEnd } from "../support/whole-runs.ts";

const NAME = field("name");
const lines = ['{"name":"a","n":1}', '{"name":"b","n":12345678901234567890}', '{ "name" : "c" }'];

test("what one sink rejects is its dead letter alone", async (t) => {
  const folder = temporaryFolder(t);
  const picky = new KeepingSink((event) => (event.text(NAME) === "b" ? "not to my taste" : undefined));
  const other = new KeepingSink();
  const { sinks } = await runToEnd(
    configOf(folder, {
      sources: [sourceOf(linesSource(lines))],
      sinks: [sinkOf(picky), sinkOf(other, { key: "other", name: "sinks.other" })],
    }),
  );
  assert.deepEqual(picky.texts, [lines[0], lines[2]]);
  assert.deepEqual(other.texts, lines);
  assert.deepEqual(
    deadLettersIn(folder).map(({ component, reason }) => [component, reason]),
    [["sinks.taken", "not to my taste"]],
  );
  assert.ok(sinks.every(({ addsUp }) => addsUp));
});

test("a write that throws is tried again with the same events until it succeeds", async (t) => {
  let tries = 0;
  const kept = new KeepingSink();
  const sink: Sink = {
    write: async (events) => {
      if (++tries < 4) throw new Error("not now");
      return kept.write(events);
    },
  };
  await runToEnd(configOf(temporaryFolder(t), { sources: [sourceOf(linesSource(lines))], sinks: [sinkOf(sink)] }));
  assert.deepEqual(kept.texts, lines);
  assert.ok(tries >= 4);
});

test("a batch that cannot be delivered within max_elapsed becomes dead letters", async (t) => {
  const folder = temporaryFolder(t);
  const sink: Sink = { write: () => Promise.reject(new Error("never")) };
  const { sinks } = await runToEnd(
    configOf(folder, {
      sources: [sourceOf(linesSource(lines))],
      sinks: [sinkOf(sink, { retry: { initial: 1, max: 2, maxElapsed: 20 } })],
    }),
  );
  assert.equal(sinks[0]?.deadLettered, 3);
  assert.match(String(deadLettersIn(folder)[0]?.reason), /not delivered in time: never/);
});

/** A sink that takes one event a write, refuses "b", and owes the rest. */
class SlowSink implements Sink {
  readonly kept = new KeepingSink();
  readonly given: number[] = [];
  readonly takes: number;

  constructor(takes = Number.POSITIVE_INFINITY) {
    this.takes = takes;
  }

  async write(events: readonly Event[]): Promise<void> {
    this.given.push(events.length);
    const refused = events.filter((event) => event.text(NAME) === "b");
    const [first, ...owed] = events.filter((event) => !refused.includes(event));
    const isOpen = this.kept.texts.length < this.takes;
    if (first && isOpen) await this.kept.write([first]);
    const rejections = refused.map((event) => ({ event, reason: "not to my taste" }));
    const rest = isOpen ? owed : events.filter((event) => !refused.includes(event));
    if (rest.length + rejections.length > 0) throw new NotYet("one at a time", { events: rest, rejections });
  }
}

test("a sink that can take only some of a batch is given the others again, and those alone", async (t) => {
  const folder = temporaryFolder(t);
  const sink = new SlowSink();
  const source = sourceOf(linesSource([lines.join("\n")]));
  const { sinks } = await runToEnd(configOf(folder, { sources: [source], sinks: [sinkOf(sink)] }));
  assert.deepEqual(sink.given, [3, 1]);
  assert.deepEqual(sink.kept.texts, [lines[0], lines[2]]);
  assert.deepEqual(
    deadLettersIn(folder).map(({ reason, bytes }) => [reason, bytes]),
    [["not to my taste", lines[1]]],
  );
  assert.deepEqual([sinks[0]?.delivered, sinks[0]?.deadLettered, sinks[0]?.addsUp], [2, 1, true]);
});

test("what a sink still owes when max_elapsed is over becomes dead letters, and nothing else", async (t) => {
  const folder = temporaryFolder(t);
  const sink = new SlowSink(1);
  const retry = { initial: 1, max: 2, maxElapsed: 20 };
  const source = sourceOf(linesSource([lines.join("\n")]));
  const { sinks } = await runToEnd(configOf(folder, { sources: [source], sinks: [sinkOf(sink, { retry })] }));
  assert.deepEqual(sink.kept.texts, [lines[0]]);
  assert.deepEqual(
    deadLettersIn(folder).map(({ reason, bytes }) => [reason, bytes]),
    [
      ["not to my taste", lines[1]],
      ["not delivered in time: one at a time", lines[2]],
    ],
  );
  assert.equal(sinks[0]?.addsUp, true);
});
