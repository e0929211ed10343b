import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../../src/event/event.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { field, type Sink } from "../../src/plugin.ts";
import { configOf, filterOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { deadLettersIn, runToEnd } from "../support/whole-runs.ts";

const NAME = field("name");
const lines = ['{"name":"a","n":1}', '{"name":"b","n":12345678901234567890}', '{ "name" : "c" }'];

test("an event that no filter changes reaches the sink byte for byte", async (t) => {
  const sink = new KeepingSink();
  const config = configOf(temporaryFolder(t), { sources: [sourceOf(linesSource(lines))], sinks: [sinkOf(sink)] });
  const { sinks } = await runToEnd(config);
  assert.deepEqual(sink.texts, lines);
  assert.equal(sinks[0]?.delivered, 3);
  assert.equal(sinks[0]?.addsUp, true);
});

test("what is no event becomes a dead letter with reason and place, and the rest goes on", async (t) => {
  const folder = temporaryFolder(t);
  const sink = new KeepingSink();
  const bad = ['{"name":"a"}', '{"name":', "[1]", '{"name":"b"}'];
  const { sinks } = await runToEnd(configOf(folder, { sources: [sourceOf(linesSource(bad))], sinks: [sinkOf(sink)] }));
  assert.deepEqual(sink.texts, ['{"name":"a"}', '{"name":"b"}']);
  const letters = deadLettersIn(folder);
  assert.deepEqual(
    letters.map(({ component, bytes }) => [component, bytes]),
    [
      ["sources.given", '{"name":'],
      ["sources.given", "[1]"],
    ],
  );
  assert.match(String(letters[0]?.reason), /ends too early at byte 9/);
  assert.equal((letters[1].origin as { offset: number }).offset, 22);
  assert.deepEqual([sinks[0]?.received, sinks[0]?.delivered, sinks[0]?.deadLettered], [4, 2, 2]);
  assert.equal(sinks[0]?.addsUp, true);
});

test("a filter that throws loses only the events it throws on, to the dead letters", async (t) => {
  const folder = temporaryFolder(t);
  const sink = new KeepingSink();
  const apply = (events: readonly Event[]) => {
    if (events.some((event) => event.text(NAME) === "b")) throw new Error("no b");
    return events;
  };
  const { sinks } = await runToEnd(
    configOf(folder, {
      sources: [sourceOf(linesSource([lines.join("\n")]))],
      filters: [filterOf({ apply })],
      sinks: [sinkOf(sink)],
    }),
  );
  assert.deepEqual(sink.texts, [lines[0], lines[2]]);
  assert.deepEqual(
    deadLettersIn(folder).map(({ component, reason, bytes }) => [component, reason, bytes]),
    [["filters[0]", "no b", lines[1]]],
  );
  assert.equal(sinks[0]?.addsUp, true);
});

test("splitting adds up: a parent counts as filtered, its elements as created, a bare event as neither", async (t) => {
  const sink = new KeepingSink();
  const items = field("items");
  const split = {
    splits: items,
    apply: (events: readonly Event[]) => events.flatMap((event) => event.elements(items) ?? [event]),
  };
  const { sinks } = await runToEnd(
    configOf(temporaryFolder(t), {
      sources: [
        sourceOf(linesSource(['{"items":[{"name":"a"},{"name":"b"}]}', '{"name":"c"}', '{"items":[]}']), {
          filters: [filterOf(split, "sources.given.filters[0]")],
        }),
      ],
      sinks: [sinkOf(sink)],
    }),
  );
  assert.deepEqual(sink.texts, ['{"name":"a"}', '{"name":"b"}', '{"name":"c"}']);
  const { received, created, delivered, filtered, addsUp } = sinks[0] as NonNullable<(typeof sinks)[0]>;
  assert.deepEqual(
    { received, created, delivered, filtered, addsUp },
    { received: 3, created: 2, delivered: 3, filtered: 2, addsUp: true },
  );
});

test("a program watches what passes a component", async (t) => {
  const pipeline = new Pipeline(
    configOf(temporaryFolder(t), {
      sources: [sourceOf(linesSource(lines))],
      filters: [filterOf({ apply: (events) => events.filter((event) => event.text(NAME) !== "a") })],
      sinks: [sinkOf(new KeepingSink())],
    }),
    { untilEnd: true },
  );
  const seen: string[] = [];
  pipeline.passing("filters[0]").subscribe((events) => seen.push(...events.map((event) => event.text(NAME) ?? "")));
  assert.throws(() => pipeline.passing("filters[7]"), /there is no component "filters\[7\]"; there are sources.given/);
  await pipeline.start();
  await pipeline.done;
  assert.deepEqual(seen, ["b", "c"]);
});

test("an event that is kept beyond its batch throws when it is read", async (t) => {
  const kept: Event[] = [];
  const sink: Sink = { write: async (events) => void kept.push(...events) };
  await runToEnd(configOf(temporaryFolder(t), { sources: [sourceOf(linesSource(lines))], sinks: [sinkOf(sink)] }));
  assert.throws(() => kept[0]?.text(NAME), /after its batch had been settled/);
  assert.throws(() => kept[0]?.bytes, /after its batch had been settled/);
});

test("a filter that returns no list fails on its events, and does not end the pipeline", async (t) => {
  const folder = temporaryFolder(t);
  const forgetful = { apply: (events: readonly Event[]) => void events.filter(() => true) };
  const { sinks } = await runToEnd(
    configOf(folder, {
      sources: [sourceOf(linesSource(lines))],
      filters: [filterOf(forgetful as never)],
      sinks: [sinkOf(new KeepingSink())],
    }),
  );
  assert.match(String(deadLettersIn(folder)[0]?.reason), /apply\(\) returned undefined, not a list of events/);
  assert.deepEqual([sinks[0]?.deadLettered, sinks[0]?.addsUp], [3, true]);
});
