import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import tail from "../../plugins/sources/tail/tail.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Position, RawBatch, SourceContext } from "../../src/plugin.ts";
import { configOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { recordingContext } from "../support/recording-context.ts";
import { until } from "../support/until.ts";

const line = (n: number): string => `{"n":${n}}\n`;
const BLOCK = Buffer.alloc(1 << 16);

/** A tail that the test reads from, a batch at a time. */
async function tailOf(t: TestContext, folder: string, resume: ReadonlyMap<string, Position> = new Map(), options = {}) {
  const context: SourceContext = {
    ...recordingContext(folder),
    untilEnd: false,
    decode: "json",
    maxEventBytes: 1 << 20,
    block: () => ({ buffer: BLOCK, start: 0, end: BLOCK.length }),
  };
  const defaults = {
    paths: ["*.log"],
    read_from: "beginning",
    include_compressed: false,
    poll_interval: "1ms",
    rotate_wait: "1ms",
  } as const;
  const stop = new AbortController();
  const source = await tail.create({ ...defaults, ...options }, context);
  const reads = source.read(resume, stop.signal)[Symbol.asyncIterator]();
  t.after(async () => {
    stop.abort();
    await reads.return?.();
  });
  return {
    next: async (): Promise<RawBatch> => {
      let batch: RawBatch;
      do batch = (await reads.next()).value as RawBatch;
      while (isBeginning(batch));
      return batch;
    },
    stop: () => stop.abort(),
  };
}

/** It tells the engine that there is such a file, of which nothing was read. */
const isBeginning = ({ bytes, position, ended }: RawBatch): boolean =>
  bytes.length === 0 && position.offset === 0 && !ended;

const textOf = ({ bytes }: RawBatch): string => Buffer.from(bytes).toString();

test("a file that is cut short and grows again while the engine works on the news is read whole, and once", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, line(1) + line(2));
  const { next } = await tailOf(t, folder);
  const before = await next();
  truncateSync(path);
  const ended = await next();
  assert.deepEqual([ended.partition, ended.ended], [before.partition, true]);
  appendFileSync(path, line(3) + line(4) + line(5));
  const after = await next();
  assert.equal(textOf(after), line(3) + line(4) + line(5));
  assert.notEqual(after.partition, before.partition);
});

test("a new file in the place of a removed one, of the same inode even, is a partition of its own", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, line(1));
  const { next } = await tailOf(t, folder);
  const { partition } = await next();
  rmSync(path);
  assert.equal((await next()).ended, true);
  writeFileSync(path, line(2));
  const batch = await next();
  assert.equal(textOf(batch), line(2));
  assert.notEqual(batch.partition, partition);
});

test("read_from: end within a line: a restart before its end does not take the rest of it for a record", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, `${line(1)}{"n":`);
  const first = await tailOf(t, folder, new Map(), { read_from: "end" });
  const { partition, position } = await first.next();
  first.stop();
  appendFileSync(path, `2}\n${line(3)}`);
  const again = await tailOf(t, folder, new Map([[partition, JSON.parse(JSON.stringify(position))]]), {
    read_from: "end",
  });
  const passedOver = await again.next();
  assert.equal(passedOver.bytes.length, 0);
  assert.equal(textOf(await again.next()), line(3));
});

test("a folder whose name holds wildcards, and what the globs name beside files", async (t) => {
  const folder = join(temporaryFolder(t), "logs [1] {a,b}*");
  mkdirSync(join(folder, "folder.log"), { recursive: true });
  symlinkSync("nowhere", join(folder, "dangling.log"));
  writeFileSync(join(folder, "a.log"), line(1));
  const sink = new KeepingSink();
  const source = {
    ...sourceOf(linesSource([])),
    definition: tail,
    options: { paths: ["*.log"], read_from: "beginning", poll_interval: "5ms", rotate_wait: "1s" },
  };
  const pipeline = new Pipeline(configOf(folder, { sources: [source], sinks: [sinkOf(sink)] }), { untilEnd: true });
  await pipeline.start();
  await pipeline.done;
  assert.deepEqual(sink.texts, ['{"n":1}']);
});

test("stopped at any moment, with a read ahead under way, it ends and gives back what it held", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), `{"x":"${"y".repeat(1000)}"}\n`.repeat(8000));
  for (const bytes of [0, 1, 2_000_000, 5_000_000]) {
    const source = {
      ...sourceOf(linesSource([])),
      definition: tail,
      options: { paths: ["*.log"], read_from: "beginning", poll_interval: "5ms", rotate_wait: "1s" },
    };
    const sink = new KeepingSink();
    const pipeline = new Pipeline(
      configOf(join(folder, `data-${bytes}`, ".."), {
        sources: [source],
        sinks: [sinkOf(sink)],
        dataDir: join(folder, `data-${bytes}`),
      }),
    );
    await pipeline.start();
    await until("so much is read", () => (pipeline.report.sources[0]?.bytes ?? 0) >= bytes);
    await pipeline.stop();
    const { inFlightBytes, unsettled, sinks } = pipeline.report;
    assert.deepEqual([inFlightBytes, unsettled, sinks[0]?.addsUp], [0, 0, true]);
    assert.equal(sinks[0]?.delivered, sink.texts.length);
  }
});
