import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Event } from "../../src/event/event.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { field, type Log, type LogFields, NotYet, type Sink } from "../../src/plugin.ts";
import { configOf, filterOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

const NAME = field("name");
const lines = ['{"name":"a","n":1}', '{"name":"b","n":12345678901234567890}', '{ "name" : "c" }'];

const deadLettersIn = (folder: string): Record<string, unknown>[] =>
  readFileSync(join(folder, "data", "dead-letters.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

async function runToEnd(config: ReturnType<typeof configOf>) {
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  return pipeline.done;
}

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

test("a restart reads on where every sink has everything, and delivers nothing twice", async (t) => {
  const folder = temporaryFolder(t);
  const first = new KeepingSink();
  await runToEnd(configOf(folder, { sources: [sourceOf(linesSource(lines))], sinks: [sinkOf(first)] }));
  const second = new KeepingSink();
  const more = [...lines, '{"name":"d"}'];
  await runToEnd(configOf(folder, { sources: [sourceOf(linesSource(more))], sinks: [sinkOf(second)] }));
  assert.deepEqual(second.texts, ['{"name":"d"}']);
});

test("a sink that is behind catches up after a restart, and one that is ahead skips what it has", async (t) => {
  const folder = temporaryFolder(t);
  const quick = new KeepingSink();
  const stuck: Sink = { write: (_, signal) => new Promise((_, reject) => signal.addEventListener("abort", reject)) };
  const slow = (sink: Sink) => sinkOf(sink, { key: "slow", name: "sinks.slow" });
  const interrupted = new Pipeline(
    configOf(folder, {
      sources: [sourceOf(linesSource(lines))],
      sinks: [sinkOf(quick), slow(stuck)],
      shutdownTimeout: 10,
    }),
    { untilEnd: true },
  );
  await interrupted.start();
  await until("the quick sink has everything", () => quick.texts.length === lines.length);
  await interrupted.stop();

  const [quickAgain, slowAgain] = [new KeepingSink(), new KeepingSink()];
  const { sinks } = await runToEnd(
    configOf(folder, { sources: [sourceOf(linesSource(lines))], sinks: [sinkOf(quickAgain), slow(slowAgain)] }),
  );
  assert.deepEqual(quickAgain.texts, []);
  assert.deepEqual(slowAgain.texts, lines);
  assert.equal(sinks[0]?.alreadyDelivered, 3);
  assert.ok(sinks.every(({ addsUp }) => addsUp));
});

test("at the end it is told what each sink has not, and from where that is read again", async (t) => {
  const said: string[] = [];
  const createLog = (component: string): Log => {
    const say = (text: string, fields?: LogFields) => void said.push(`${component} ${text} ${JSON.stringify(fields)}`);
    return { error: say, warn: say, info: say, debug: say, child: createLog };
  };
  const stuck: Sink = {
    batch: { events: 2 },
    write: (events, signal) =>
      events.some((event) => event.text(NAME) === "c")
        ? new Promise((_, reject) => signal.addEventListener("abort", reject))
        : Promise.resolve(),
  };
  const pipeline = new Pipeline(
    configOf(temporaryFolder(t), {
      sources: [sourceOf(linesSource(lines))],
      sinks: [sinkOf(stuck), sinkOf(new KeepingSink(), { key: "other", name: "sinks.other" })],
      shutdownTimeout: 10,
    }),
    { untilEnd: true, log: createLog("") },
  );
  await pipeline.start();
  await until("two are delivered", () => pipeline.report.sinks[0]?.delivered === 2);
  await pipeline.stop();
  const told = said.filter((line) => line.startsWith("sinks."));
  assert.deepEqual(told, [
    'sinks.taken is not done: what is missing is read again at the next start {"events_in_flight":1,"bytes_in_flight":16,"bytes_read":17}',
    'sinks.taken is read again from here {"source":"sources.given","partition":"p1","offset":57}',
  ]);
});

test("a sink that is new to the record starts at the present", async (t) => {
  const folder = temporaryFolder(t);
  await runToEnd(configOf(folder, { sources: [sourceOf(linesSource(lines))], sinks: [sinkOf(new KeepingSink())] }));
  const fresh = new KeepingSink();
  const more = [...lines, '{"name":"d"}'];
  await runToEnd(
    configOf(folder, {
      sources: [sourceOf(linesSource(more))],
      sinks: [sinkOf(new KeepingSink()), sinkOf(fresh, { key: "fresh", name: "sinks.fresh" })],
    }),
  );
  assert.deepEqual(fresh.texts, ['{"name":"d"}']);
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
