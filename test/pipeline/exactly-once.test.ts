import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Log, LogFields } from "../../src/observe/log.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { type Event, NotYet, type Sink } from "../../src/plugin.ts";
import { configOf, filterOf, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { field, filterOfElements } from "../support/elements.ts";
import { failingToSync, hasUndone } from "../support/failing-sync.ts";
import { type Faults, FolderSink, linesOf } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";
import { crashMachine, killedRunsOf } from "../support/killed-runs.ts";

const NAMES = ["anna", "bert", "carl", "dora", "emil"];
const lineOf = (n: number) => `{"name":"${NAMES[n % NAMES.length]}","n":${n}}`;

/** Reads of three lines each: most batches of four end within one. */
const LINES = Array.from({ length: 20 }, (_, n) => lineOf(n));
const READS = Array.from({ length: 7 }, (_, n) => LINES.slice(n * 3, n * 3 + 3).join("\n")).filter(Boolean);

const sorted = (lines: readonly string[]) => lines.toSorted();

async function runToEnd(folder: string, sink: Sink, reads: readonly string[] = READS) {
  const config = configOf(folder, {
    sources: [sourceOf(linesSource(reads))],
    sinks: [sinkOf(sink, { batch: { events: 4 } })],
    checkpointInterval: 1,
  });
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  return pipeline.done;
}

const sinkIn = (folder: string, faults: Faults = {}) => new FolderSink(join(folder, "out"), faults);

async function killedAtEachWrite(folder: string): Promise<readonly string[]> {
  const killed = killedRunsOf(folder);
  await runToEnd(folder, sinkIn(folder, killed.faults));
  return killed.folders;
}

test("killed before any write of a file, a sink that can undo has each event once", async (t) => {
  const parent = temporaryFolder(t);
  const killed = await killedAtEachWrite(join(parent, "run"));
  assert.ok(killed.length >= LINES.length / 2);
  for (const folder of killed) {
    const sink = sinkIn(folder);
    const { sinks } = await runToEnd(folder, sink);
    assert.deepEqual(sorted(sink.lines), sorted(LINES), folder);
    assert.equal(sinks[0]?.addsUp, true);
  }
});

test("after a crash of the machine all since the checkpoint is undone, and each event is there once", async (t) => {
  const parent = temporaryFolder(t);
  for (const folder of await killedAtEachWrite(join(parent, "run"))) {
    crashMachine(folder);
    const sink = sinkIn(folder);
    await runToEnd(folder, sink);
    assert.deepEqual(sorted(sink.lines), sorted(LINES), folder);
  }
});

test("a restart takes back no more than the batch in flight", async (t) => {
  const parent = temporaryFolder(t);
  for (const folder of await killedAtEachWrite(join(parent, "run"))) {
    const before = linesOf(join(folder, "out")).length;
    const sink = sinkIn(folder);
    // The source has nothing more to give: what is there after the start is what recovery has left.
    await runToEnd(folder, sink, []);
    assert.ok(before - sink.lines.length <= 4, `${before} lines became ${sink.lines.length}`);
  }
});

test("a write that fails half way is undone and done again", async (t) => {
  const folder = temporaryFolder(t);
  let failures = 0;
  const writing = (file: number) => {
    if (file % 3 !== 0 || failures >= 20) return;
    failures++;
    throw new Error("the disk hiccuped");
  };
  const sink = sinkIn(folder, { writing });
  await runToEnd(folder, sink);
  assert.ok(failures > 5);
  assert.deepEqual(sorted(sink.lines), sorted(LINES));
});

test("a sink is told of the batch that comes next while it writes, and it comes", async (t) => {
  const sink = sinkIn(temporaryFolder(t));
  const prepare = sink.prepare.bind(sink);
  const expected: (readonly Event[])[] = [];
  const prepared: (readonly Event[])[] = [];
  Object.assign(sink, {
    expect: (events: readonly Event[]) => expected.push(events),
    prepare: (events: readonly Event[]) => {
      prepared.push(events);
      return prepare(events);
    },
  });
  await runToEnd(temporaryFolder(t), sink, [LINES.join("\n")]);
  assert.equal(prepared.length, 5);
  assert.deepEqual(
    expected.map((events) => prepared.indexOf(events)),
    [1, 2, 3, 4],
  );
  assert.deepEqual(sorted(sink.lines), sorted(LINES));
});

test("what comes next is a hint: a sink that cannot use it, at once or later, gets each event once", async (t) => {
  for (const expect of [() => assert.fail(), async () => assert.fail()]) {
    const sink = Object.assign(sinkIn(temporaryFolder(t)), { expect });
    await runToEnd(temporaryFolder(t), sink, [LINES.join("\n")]);
    assert.deepEqual(sorted(sink.lines), sorted(LINES));
  }
});

test("what recovery leaves is waited for: nothing is written before it is known", async (t) => {
  const folder = temporaryFolder(t);
  let recoveries = 0;
  let writes = 0;
  const sink = sinkIn(folder, {
    writing: () => {
      if (++writes === 2) throw new Error("the disk hiccuped");
    },
    recovering: () => {
      if (++recoveries === 1) throw new Error("it still does");
    },
  });
  await runToEnd(folder, sink);
  assert.equal(recoveries, 2);
  assert.deepEqual(sorted(sink.lines), sorted(LINES));
});

test("what a sink refuses while it prepares is a dead letter, and the rest of the batch is written", async (t) => {
  const folder = temporaryFolder(t);
  const refuses = (event: Event) => (Buffer.from(event.bytes).includes('"n":7') ? "not seven" : undefined);
  const sink = sinkIn(folder, { rejects: refuses });
  const { sinks } = await runToEnd(folder, sink);
  assert.deepEqual(sorted(sink.lines), sorted(LINES.filter((line) => !line.includes('"n":7'))));
  assert.equal(sinks[0]?.deadLettered, 1);
  assert.equal(sinks[0]?.addsUp, true);
});

test("where a sync fails, what was written since the checkpoint is undone and written again, in the process", async (t) => {
  const folder = temporaryFolder(t);
  for (const writes of [1, 2, 5]) {
    const own = join(folder, String(writes));
    const sink = failingToSync(own, writes);
    const { sinks } = await runToEnd(own, sink);
    assert.ok(hasUndone(sink));
    assert.deepEqual(sorted(sink.lines), sorted(LINES));
    assert.equal(sinks[0]?.addsUp, true);
    assert.deepEqual(sinks[0]?.lag, { bytes: 0, milliseconds: 0 });
  }
});

test("a sink that is removed after a kill is told of, with what to do, and the others go on", async (t) => {
  const parent = temporaryFolder(t);
  const folder = (await killedAtEachWrite(join(parent, "run"))).at(-1) as string;
  const told: string[] = [];
  const tell = (text: string, fields?: LogFields) => void told.push(`${text} ${JSON.stringify(fields)}`);
  const log: Log = { error: tell, warn: tell, info() {}, debug() {}, child: () => log };
  const other = new FolderSink(join(folder, "other"));
  const config = configOf(folder, {
    sources: [sourceOf(linesSource(READS))],
    sinks: [sinkOf(other, { key: "other", name: "sinks.other" })],
  });
  const pipeline = new Pipeline(config, { untilEnd: true, log });
  await pipeline.start();
  await pipeline.done;
  assert.equal(told.length, 1);
  assert.match(told[0] as string, /may end with a part of that batch.*stop Sluice before.*"sink":"taken"/);
});

test("what a filter has put in another order is delivered once, though it is read again in larger parts", async (t) => {
  const run = join(temporaryFolder(t), "run");
  const killed = `${run}-killed`;
  const reads = (size: number) =>
    Array.from({ length: LINES.length / size }, (_, n) => LINES.slice(n * size, n * size + size).join("\n"));
  const start = async (folder: string, size: number, sink: Sink, other: Sink) => {
    const config = configOf(folder, {
      sources: [sourceOf(linesSource(reads(size)))],
      filters: [filterOf({ apply: (events) => events.toReversed() })],
      // Reading begins where the one that lags behind is.
      sinks: [sinkOf(sink, { batch: { events: 2 } }), sinkOf(other, { key: "other", name: "sinks.other" })],
      checkpointInterval: 1,
      shutdownTimeout: 1,
    });
    const pipeline = new Pipeline(config, { untilEnd: true });
    await pipeline.start();
    return pipeline;
  };
  const half = Promise.withResolvers<void>();
  const writing = (file: number) => {
    if (file !== 5) return;
    cpSync(run, killed, { recursive: true });
    half.resolve();
  };
  const stuck: Sink = {
    write: (_, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  };
  const first = await start(run, 2, sinkIn(run, { writing }), stuck);
  await half.promise;
  await first.stop();
  const sink = sinkIn(killed);
  await (await start(killed, 10, sink, { write: async () => {} })).done;
  assert.deepEqual(sorted(sink.lines), sorted(LINES));
});

test("elements of one record that a batch has parted are there once, though the filter behind the fork made them", async (t) => {
  const parent = temporaryFolder(t);
  const run = join(parent, "run");
  const lists = [LINES.slice(0, 12), LINES.slice(12)].map((lines) => `{"items":[${lines.join(",")}]}`);
  const configIn = (folder: string, sink: Sink) =>
    configOf(folder, {
      sources: [sourceOf(linesSource(['{"name":"first"}', ...lists]))],
      sinks: [sinkOf(sink, { batch: { events: 4 }, filters: [filterOf(filterOfElements(field("items")))] })],
      checkpointInterval: 1,
    });
  const killed = killedRunsOf(run);
  const deliver = async (folder: string, faults: Faults = {}) => {
    const sink = sinkIn(folder, faults);
    const pipeline = new Pipeline(configIn(folder, sink), { untilEnd: true });
    await pipeline.start();
    const { sinks } = await pipeline.done;
    assert.deepEqual(sorted(sink.lines), sorted(['{"name":"first"}', ...LINES]), folder);
    assert.equal(sinks[0]?.addsUp, true);
  };
  await deliver(run, killed.faults);
  for (const folder of killed.folders) await deliver(folder);
});

test("a batch whose time is over is in the dead letters alone, though the process is killed behind it", async (t) => {
  const parent = temporaryFolder(t);
  const run = join(parent, "run");
  const killed = killedRunsOf(run);
  const writing = (file: number) => {
    if (file === 4) throw new Error("not now");
    if (file > 4) killed.faults.writing?.(file);
  };
  const deliver = async (folder: string, faults: Faults) => {
    const sink = sinkIn(folder, faults);
    const retry = { initial: 0, max: 0, maxElapsed: 0 };
    const pipeline = new Pipeline(
      configOf(folder, {
        sources: [sourceOf(linesSource(READS))],
        sinks: [sinkOf(sink, { batch: { events: 4 }, retry })],
        checkpointInterval: 1,
      }),
      { untilEnd: true },
    );
    await pipeline.start();
    await pipeline.done;
    const letters = readFileSync(join(folder, "data", "dead-letters.ndjson"), "utf8")
      .trim()
      .split("\n");
    const kept = letters.map((letter) => String(JSON.parse(letter).bytes));
    assert.ok(kept.length >= 1);
    assert.deepEqual(sorted([...sink.lines, ...kept]), sorted(LINES), folder);
  };
  await deliver(run, { writing });
  assert.ok(killed.folders.length > 5);
  for (const folder of killed.folders) await deliver(folder, {});
});

test("a sink that prepares and rejects while it writes, or says that some of a batch is there, loses no event", async (t) => {
  const folder = temporaryFolder(t);
  const sink = sinkIn(folder);
  const write = sink.write.bind(sink);
  const prepare = sink.prepare.bind(sink);
  const refusing = new Set(["prepare", "write"]);
  const refuse = (what: string, events: readonly Event[]) => {
    if (refusing.delete(what)) throw new NotYet("one at a time", { events: events.slice(1) });
  };
  Object.assign(sink, {
    prepare: (events: readonly Event[]) => {
      refuse("prepare", events);
      return prepare(events);
    },
    write: async (events: readonly Event[]) => {
      refuse("write", events);
      await write(events);
      return events
        .filter((event) => Buffer.from(event.bytes).includes('"n":7'))
        .map((event) => ({ event, reason: "no" }));
    },
  });
  const { sinks } = await runToEnd(folder, sink);
  assert.deepEqual(sorted(sink.lines), sorted(LINES));
  assert.equal(sinks[0]?.deadLettered, 1);
});

test("a sink that prepares and cannot recover is refused at the start", async (t) => {
  const sink: Sink = { write: async () => {}, prepare: () => ({ intent: null }) };
  await assert.rejects(runToEnd(temporaryFolder(t), sink), /has prepare\(\) and no recover\(\).*give it both or none/);
});
