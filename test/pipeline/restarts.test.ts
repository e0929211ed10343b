import assert from "node:assert/strict";
import { test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { field, type Log, type LogFields, type Sink } from "../../src/plugin.ts";
import { configOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import { runToEnd } from "../support/whole-runs.ts";

const NAME = field("name");
const lines = ['{"name":"a","n":1}', '{"name":"b","n":12345678901234567890}', '{ "name" : "c" }'];

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
