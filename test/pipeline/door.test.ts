import assert from "node:assert/strict";
import nodeFileSystem from "node:fs";
import { join } from "node:path";
import { afterEach, type TestContext, test } from "node:test";
import { BLOCK_BYTES } from "../../src/delivery/window-reader.ts";
import { field } from "../../src/event/field-path.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { defineListener, JournalFull, type ListenerContext, type Sink, type Source } from "../../src/plugin.ts";
import { configOf, filterOf, KeepingSink, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { TAMPERED_FILE_SYSTEM, tampered } from "../support/tampered-file-system.ts";
import { until } from "../support/until.ts";

const NUMBER = field("n");

type Parts = Partial<Parameters<typeof configOf>[1]>;

/** A pipeline that is pushed at: what its listener has, and the pipeline. */
async function startPushed(t: TestContext, folder: string, sink: Sink, parts: Parts = {}) {
  const doors: ListenerContext[] = [];
  const definition = defineListener({
    description: "Made in the test.",
    options: { type: "object", properties: {} },
    create: (_, context) => {
      doors.push(context);
      return { listen: async () => {}, close: async () => {} };
    },
  });
  const config = configOf(folder, {
    sources: [{ ...sourceOf({} as Source), definition }],
    sinks: [sinkOf(sink)],
    ...parts,
  });
  const pipeline = new Pipeline(config, { fileSystemModule: TAMPERED_FILE_SYSTEM });
  await pipeline.start();
  t.after(() => pipeline.stop().catch(() => {}));
  return { pipeline, config, doors, door: doors[0] as ListenerContext };
}

const body = (from: number, count: number, padding = 0) =>
  Buffer.from(range(from, count, padding).join("\n").concat("\n"));

const range = (from: number, count: number, padding = 0) =>
  Array.from({ length: count }, (_, n) => `{"n":${from + n},"text":"${"x".repeat(padding)}"}`);

/** Takes nothing until it is released. */
class StuckSink extends KeepingSink implements Sink {
  readonly released = Promise.withResolvers<void>();

  override async write(events: Parameters<KeepingSink["write"]>[0]) {
    await this.released.promise;
    return super.write(events);
  }
}

/** From now on no segment can be opened to be read. */
function forbidReading(): void {
  tampered.openSync = ((path: string, flags: string, mode: number) => {
    assert.ok(!(path.endsWith(".segment") && flags === "r"), `${path} is read`);
    return nodeFileSystem.openSync(path, flags, mode);
  }) as typeof nodeFileSystem.openSync;
}

afterEach(() => {
  for (const name of Object.keys(tampered)) delete tampered[name as keyof typeof tampered];
});

test("events that are pushed at a pipeline which keeps up are delivered without a look at the journal's files", async (t) => {
  const sink = new KeepingSink();
  const { pipeline, door } = await startPushed(t, temporaryFolder(t), sink);
  forbidReading();
  for (let n = 0; n < 50; n += 5) assert.equal(await door.acceptEvents(body(n, 5), { remote: `10.0.0.${n % 2}` }), 5);
  await Promise.all([50, 60, 70, 80, 90].map((n) => door.acceptEvents(body(n, 10), {})));
  await until("all is delivered", () => sink.texts.length === 100);
  assert.deepEqual(sink.texts, range(0, 100));
  assert.equal(pipeline.report.inFlightBytes, 0);
});

test("an event keeps its place, its sender and its fields, whether it is read from the window or from the journal", async (t) => {
  const folder = temporaryFolder(t);
  const seen = new Set<string>();
  const filter = filterOf({
    apply: (events) => {
      for (const { origin, offset, bytes } of events) seen.add(`${origin.remote} ${offset} ${Buffer.from(bytes)}`);
      return events;
    },
  });
  const sink = new KeepingSink();
  const { pipeline, door } = await startPushed(t, folder, sink, { filters: [filter] });
  await Promise.all([0, 3, 6, 9].map((n) => door.acceptEvents(body(n, 3), { remote: n < 6 ? "one" : "other" })));
  await until("all is delivered", () => sink.texts.length === 12);
  await pipeline.stop();
  assert.equal(seen.size, 12);
  nodeFileSystem.rmSync(join(folder, "data", "checkpoint.json"));
  const again = new KeepingSink();
  await startPushed(t, folder, again, { filters: [filter] });
  await until("all is delivered again", () => again.texts.length === 12);
  assert.equal(seen.size, 12);
});

test("nothing reaches the pipeline before the journal has it, and nothing of what the journal could not take", async (t) => {
  const sink = new KeepingSink();
  const { pipeline, door } = await startPushed(t, temporaryFolder(t), sink);
  let sync: (() => void) | undefined;
  tampered.fdatasync = ((_: number, done: (error: Error | null) => void) => {
    sync = () => done(Object.assign(new Error("EIO: i/o error"), { code: "EIO" }));
  }) as typeof nodeFileSystem.fdatasync;
  const lost = door.acceptEvents(body(0, 3), {});
  await until("it is being synced", () => sync !== undefined);
  assert.equal(pipeline.report.sources[0]?.events, 0);
  sync?.();
  await assert.rejects(async () => lost, /EIO/);
  delete tampered.fdatasync;
  await door.acceptEvents(body(3, 3), {});
  await until("the next is delivered", () => sink.texts.length === 3);
  assert.deepEqual(sink.texts, range(3, 3));
  assert.equal(pipeline.report.inFlightBytes, 0);
});

for (const blocks of [2, 6])
  test(`behind a stuck sink a window of ${blocks} blocks takes no more, the rest waits in the journal, and each comes once`, async (t) => {
    const sink = new StuckSink();
    const { pipeline, door } = await startPushed(t, temporaryFolder(t), sink, {
      maxInFlightBytes: blocks * BLOCK_BYTES,
    });
    const accept = async (bytes: Buffer) => (await door.acceptEvents(bytes, {})) ?? (await door.accept(bytes, {}));
    const events = 40;
    const length = 1_000_000;
    for (let n = 0; n < events; n++) await accept(body(n, 1, length));
    // The last read may be a record that no block has room for.
    assert.ok(pipeline.report.inFlightBytes < blocks * BLOCK_BYTES + 2 * length);
    sink.released.resolve();
    await until("all is delivered", () => sink.texts.length === events);
    assert.deepEqual(sink.texts, range(0, events, length));
    await until("the window is free", () => pipeline.report.inFlightBytes === 0);
    forbidReading();
    for (let n = events; n < 2 * events; n++) await accept(body(n, 1));
    await until("the reader has caught up", () => sink.texts.length === 2 * events);
  });

test("tiny events wait in the window until what is noted of them fills it, the rest in the journal, and each comes once", async (t) => {
  const sink = new StuckSink();
  const { pipeline, door } = await startPushed(t, temporaryFolder(t), sink, { maxInFlightBytes: 2 * BLOCK_BYTES });
  const [bodies, events] = [60, 1000];
  let taken = 0;
  for (let n = 0; n < bodies; n++) {
    const accepting = door.acceptEvents(body(n * events, events), {});
    if (accepting) taken++;
    await (accepting ?? door.accept(body(n * events, events), {}));
  }
  assert.ok(taken > 0 && taken < 30, `${taken} were taken in`);
  assert.equal(door.acceptEvents(body(0, 20_000), {}), undefined);
  sink.released.resolve();
  await until("all is delivered", () => sink.texts.length === bodies * events);
  assert.deepEqual(sink.texts, range(0, bodies * events));
  await until("the window is free", () => pipeline.report.inFlightBytes === 0);
  assert.equal(await door.acceptEvents(body(0, events), {}), events);
});

test("a block of the window serves requests again once all that was in it is delivered", async (t) => {
  const sink = new KeepingSink();
  const { pipeline, door } = await startPushed(t, temporaryFolder(t), sink, { maxInFlightBytes: 2 * BLOCK_BYTES });
  forbidReading();
  for (let n = 0; n < 8; n++) {
    assert.equal(await door.acceptEvents(body(n, 1, 900_000), {}), 1);
    await until("it is delivered, and the window free", () => {
      return sink.texts.length === n + 1 && pipeline.report.inFlightBytes === 0;
    });
  }
});

test("a listener that another has replaced takes nothing of the window", async (t) => {
  const { pipeline, config, doors } = await startPushed(t, temporaryFolder(t), new KeepingSink(), {
    maxInFlightBytes: 2 * BLOCK_BYTES,
  });
  for (let turn = 1; turn < 4; turn++) {
    await pipeline.reload(async () => ({
      ...config,
      sources: config.sources.map((it) => ({ ...it, options: { turn } })),
    }));
    assert.equal(doors.length, turn + 1);
    for (const door of doors.slice(0, -1)) assert.equal(door.acceptEvents(body(0, 1), {}), undefined);
    assert.equal(await doors.at(-1)?.acceptEvents(body(0, 1), {}), 1);
  }
});

test("a record has no carriage return, whichever way it came in", async (t) => {
  const sink = new KeepingSink();
  const { door } = await startPushed(t, temporaryFolder(t), sink);
  assert.equal(await door.acceptEvents(Buffer.from('{"a":\r1}\r\n{"b":2\r}\r'), {}), 2);
  await until("both are delivered", () => sink.texts.length === 2);
  assert.deepEqual(sink.texts, ['{"a": 1}', '{"b":2 }']);
});

test("what is not one event a line is not taken as events, and leaves nothing behind", async (t) => {
  const sink = new KeepingSink();
  const { pipeline, door } = await startPushed(t, temporaryFolder(t), sink);
  for (const other of ["", "\n", '{"a":\n1}', "[{}]\n", "{}\n1\n", "{}\n{", '{"a":1} {"b":2}\n', '{"\xff":1}\n']) {
    assert.equal(door.acceptEvents(Buffer.from(other, "latin1"), {}), undefined, other);
  }
  assert.equal(pipeline.report.inFlightBytes, 0);
  assert.equal(await door.acceptEvents(Buffer.from('{"a":1}\r\n\n {"b":2}'), {}), 2);
  await until("both are delivered", () => sink.texts.length === 2);
  assert.deepEqual(sink.texts, ['{"a":1}', '{"b":2}']);
});

test("a full journal takes no events, and holds none in the window", async (t) => {
  const { pipeline, door } = await startPushed(t, temporaryFolder(t), new KeepingSink(), {
    journal: { maxBytes: 1000, durability: "fsync" },
  });
  await assert.rejects(async () => door.acceptEvents(body(0, 1, 2000), {}), JournalFull);
  assert.equal(pipeline.report.inFlightBytes, 0);
});

test("what waits in the window while another configuration is taken is delivered once, as that one wants it", async (t) => {
  const folder = temporaryFolder(t);
  const sink = new StuckSink();
  const parts = { shutdownTimeout: 10_000 };
  const { pipeline, door, config } = await startPushed(t, folder, sink, parts);
  await door.acceptEvents(body(0, 2), {});
  await until("the sink is stuck with some", () => (pipeline.report.sources[0]?.events ?? 0) === 2);
  const even = filterOf({
    reads: [NUMBER],
    apply: (events) => events.filter((event) => Number(event.get(NUMBER)) % 2 === 0),
  });
  const reloading = pipeline.reload(async () => ({ ...config, filters: [even] }));
  for (let n = 2; n < 40; n += 2) await door.acceptEvents(body(n, 2), {});
  sink.released.resolve();
  await reloading;
  for (let n = 40; n < 60; n += 2) await door.acceptEvents(body(n, 2), {});
  await until("the last is delivered", () => sink.texts.at(-1)?.includes('"n":58') === true);
  const numbers = sink.texts.map((text) => (JSON.parse(text) as { n: number }).n);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].toSorted((one, other) => one - other),
  );
  assert.deepEqual(
    numbers.filter((n) => n % 2 === 0),
    Array.from({ length: 30 }, (_, n) => 2 * n),
  );
  await until("the window is free", () => pipeline.report.inFlightBytes === 0);
});
