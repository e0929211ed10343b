import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { BufferPolicy, Config } from "../../src/config/config.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Event, Sink, Source } from "../../src/plugin.ts";
import { configOf, filterOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { field, filterOfElements } from "../support/elements.ts";
import { FolderSink } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

const LINES = Array.from({ length: 400 }, (_, n) =>
  JSON.stringify({ name: `user-${n % 7}`, n, text: "x".repeat(100) }),
);
const READS = Array.from({ length: 40 }, (_, n) => LINES.slice(n * 10, n * 10 + 10).join("\n"));

const LARGE: BufferPolicy = { maxBytes: 1 << 30, whenFull: "block" };

const sorted = (lines: readonly string[]) => lines.toSorted();

/** A sink that takes nothing until it is released. */
class StuckSink extends KeepingSink implements Sink {
  readonly released = Promise.withResolvers<void>();

  override async write(events: readonly Event[]) {
    await this.released.promise;
    return super.write(events);
  }
}

const start = async (t: TestContext, config: Config): Promise<Pipeline> => {
  const pipeline = new Pipeline(config, { untilEnd: true });
  t.after(() => pipeline.stop().catch(() => {}));
  await pipeline.start();
  return pipeline;
};

const bufferedIn = (
  folder: string,
  sink: Sink,
  buffer: BufferPolicy | undefined,
  others: Config["sinks"] = [],
  reads = READS,
) =>
  configOf(folder, {
    sources: [sourceOf(linesSource(reads))],
    sinks: [sinkOf(sink, buffer ? { buffer } : {}), ...others],
    checkpointInterval: 1,
  });

test("a stuck sink with a buffer does not hold the others, and gets everything once it goes on", async (t) => {
  const [stuck, free] = [new StuckSink(), new KeepingSink()];
  const others = [sinkOf(free, { key: "free", name: "sinks.free" })];
  const pipeline = await start(t, bufferedIn(temporaryFolder(t), stuck, LARGE, others));
  await until("the free sink has everything", () => free.texts.length === LINES.length);
  assert.equal(stuck.texts.length, 0);
  stuck.released.resolve();
  const { sinks } = await pipeline.done;
  assert.deepEqual(stuck.texts, LINES);
  assert.deepEqual(
    sinks.map(({ delivered, received, addsUp }) => ({ delivered, received, addsUp })),
    [stuck, free].map(() => ({ delivered: LINES.length, received: LINES.length, addsUp: true })),
  );
  assert.equal(sinks[0]?.buffer?.held, 0);
});

test("what a buffer holds at the end is delivered by the next run, once", async (t) => {
  const folder = temporaryFolder(t);
  const stuck = new StuckSink();
  const first = await start(t, { ...bufferedIn(folder, stuck, LARGE), shutdownTimeout: 50 });
  await until("all is in the buffer", () => first.report.sinks[0]?.received === LINES.length);
  await first.stop();
  const second = new KeepingSink();
  const { sinks } = await (await start(t, bufferedIn(folder, second, LARGE))).done;
  assert.deepEqual(second.texts, LINES);
  assert.equal(sinks[0]?.addsUp, true);
});

test("events come out of a buffer as they went in: where they are from, which they are, and their time", async (t) => {
  const seen: unknown[] = [];
  const tell = ({ origin, offset, child, time }: Event) => {
    const { receivedAt: _, ...from } = origin;
    seen.push({ ...from, offset, child, time });
  };
  const seeing: Sink = { write: async (events) => void events.forEach(tell) };
  const list = '{"items":[{"timestamp":"2026-01-02T03:04:05Z","n":1},{"timestamp":"2026-01-02T03:04:06Z","n":2}]}';
  const deliver = async (buffer: BufferPolicy | undefined) => {
    const config = configOf(temporaryFolder(t), {
      sources: [sourceOf(linesSource([list, list], "a file"))],
      sinks: [sinkOf(seeing, { ...(buffer && { buffer }), filters: [filterOf(filterOfElements(field("items")))] })],
    });
    await (await start(t, config)).done;
    return seen.splice(0);
  };
  const buffered = await deliver(LARGE);
  assert.equal(buffered.length, 4);
  assert.deepEqual(buffered, await deliver(undefined));
});

test("a buffer that is full blocks, and goes on as it is emptied", async (t) => {
  const sink = new StuckSink();
  const pipeline = await start(t, bufferedIn(temporaryFolder(t), sink, { maxBytes: 8192, whenFull: "block" }));
  await until("it says that it is full", () => pipeline.health.troubles.some(({ reason }) => /full/.test(reason)));
  assert.ok((pipeline.report.sinks[0]?.buffer?.bytes ?? Number.POSITIVE_INFINITY) <= 8192);
  sink.released.resolve();
  await pipeline.done;
  assert.deepEqual(sink.texts, LINES);
  assert.deepEqual(pipeline.health.troubles, []);
});

test("a buffer that is full drops the newest events where it was told so, and counts them", async (t) => {
  const sink = new StuckSink();
  const pipeline = await start(t, bufferedIn(temporaryFolder(t), sink, { maxBytes: 8192, whenFull: "drop_newest" }));
  const dropped = () => pipeline.report.sinks[0]?.buffer?.dropped ?? 0;
  const held = () => pipeline.report.sinks[0]?.buffer?.held ?? 0;
  await until("some are dropped, and the others are in the buffer", () => {
    return dropped() > 0 && pipeline.report.sources[0]?.waiting === true && dropped() + held() > 300;
  });
  sink.released.resolve();
  const { sinks } = await pipeline.done;
  assert.deepEqual(
    sink.texts,
    LINES.filter((line) => sink.texts.includes(line)),
  );
  assert.equal(sink.texts.length + dropped(), LINES.length);
  assert.equal(sinks[0]?.addsUp, true);
});

test("a buffer that is full makes dead letters where it was told so", async (t) => {
  const folder = temporaryFolder(t);
  const sink = new StuckSink();
  const pipeline = await start(t, bufferedIn(folder, sink, { maxBytes: 8192, whenFull: "dead_letter" }));
  const path = join(folder, "data", "dead-letters.ndjson");
  await until(
    "some are dead letters",
    () => existsSync(path) && readFileSync(path, "utf8").includes("the buffer is full"),
  );
  sink.released.resolve();
  const { sinks } = await pipeline.done;
  const letters = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).bytes as string);
  assert.deepEqual(sorted([...sink.texts, ...letters]), sorted(LINES));
  assert.equal(sinks[0]?.deadLettered, letters.length);
  assert.equal(sinks[0]?.addsUp, true);
});

test("what the window has no room for any more in one piece comes out of the buffer whole", async (t) => {
  const lines = Array.from({ length: 40 }, (_, n) => JSON.stringify({ n, text: "x".repeat(600_000) }));
  const sink = new StuckSink();
  const pipeline = await start(t, bufferedIn(temporaryFolder(t), sink, LARGE, [], lines));
  await until("all has come to the buffer", () => pipeline.report.sinks[0]?.received === lines.length);
  await until("its window is full", () => pipeline.report.inFlightBytes > 7_000_000);
  for (let turns = 0; turns < 100; turns++) await turn();
  // Reading stops when a window is full: its last read may reach beyond it.
  const lastReads = 2 * 1_200_000;
  assert.ok(pipeline.report.inFlightBytes <= pipeline.report.windowBytes + lastReads);
  sink.released.resolve();
  await pipeline.done;
  assert.deepEqual(sink.texts, lines);
});

test("an event that a filter has nested deeper than the scanner goes comes out of the buffer with its neighbours", async (t) => {
  const deep = `{"n":1,"deep":${"[".repeat(1022)}${"]".repeat(1022)}}`;
  const lines = ['{"n":0}', deep, '{"n":2}'];
  const { nest } = await import("../../src/plugin.ts");
  const nested = filterOf({ apply: (events) => events.map((event) => nest(nest(event, "a"), "b")) });
  const [sink, n] = [new KeepingSink(), field("b.a.n")];
  const numbers: unknown[] = [];
  const reading: Sink = {
    reads: [n],
    write: (events) => {
      numbers.push(...events.map((event) => event.get(n)));
      return sink.write(events);
    },
  };
  const config = configOf(temporaryFolder(t), {
    sources: [sourceOf(linesSource(lines))],
    sinks: [sinkOf(reading, { buffer: LARGE, filters: [nested] })],
  });
  await (await start(t, config)).done;
  assert.deepEqual(numbers, [0, 1, 2]);
  assert.deepEqual(
    sink.texts,
    lines.map((line) => `{"b":{"a":${line}}}`),
  );
});

test("a sink that gets a buffer goes on where it stood, and so does one that has it no more", async (t) => {
  const folder = temporaryFolder(t);
  const sink = new FolderSink(join(folder, "out"));
  for (const [index, buffer] of [undefined, LARGE, LARGE, undefined, undefined].entries()) {
    await (await start(t, bufferedIn(folder, sink, buffer, [], READS.slice(0, (index + 1) * 8)))).done;
    assert.equal(sink.lines.length, (index + 1) * 80);
  }
  assert.deepEqual(sorted(sink.lines), sorted(LINES));
  assert.equal(existsSync(join(folder, "data", "buffers", "taken")), false);
});

test("a pipeline that has a buffer no more, though it still holds events, is refused", async (t) => {
  const folder = temporaryFolder(t);
  const first = await start(t, { ...bufferedIn(folder, new StuckSink(), LARGE), shutdownTimeout: 50 });
  await until(
    "all is in the buffer",
    () => first.report.sinks[0]?.buffer?.held === 0 && first.report.sinks[0].received > 0,
  );
  await first.stop();
  const without = bufferedIn(folder, new KeepingSink(), undefined);
  await assert.rejects(
    start(t, without),
    /holds \d+ bytes that sinks\.taken has not taken.*put "buffer" back.*or move the folder away/,
  );
});

test("a reload keeps a buffer with what it holds, and its sink goes on behind it", async (t) => {
  const folder = temporaryFolder(t);
  const after = new KeepingSink();
  const before: Sink = {
    write: async (_, signal) => {
      await once(signal, "abort");
      signal.throwIfAborted();
    },
  };
  const idle = new AbortController();
  const ofAll: Source = {
    async *read(resume, signal) {
      yield* linesSource(READS).read(resume, signal);
      await once(signal, "abort", { signal: idle.signal }).catch(() => {});
    },
  };
  const configWith = (sink: Sink) => ({
    ...bufferedIn(folder, sink, LARGE),
    sources: [sourceOf(ofAll)],
    shutdownTimeout: 50,
  });
  t.after(() => idle.abort());
  const pipeline = await start(t, configWith(before));
  await until("all is in the buffer", () => pipeline.report.sinks[0]?.received === LINES.length);
  await pipeline.reload(async () => configWith(after));
  await until("all is delivered", () => after.texts.length >= LINES.length);
  assert.deepEqual(after.texts, LINES);
});
