import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import tail from "../../plugins/sources/tail/tail.ts";
import type { SinkConfig, SourceConfig } from "../../src/config/config.ts";
import { BLOCK_BYTES } from "../../src/delivery/window-reader.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink, Source } from "../../src/plugin.ts";
import { configOf, KeepingSink, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

const WINDOW_BLOCKS = 4;

/** What tail reads once more before each block, to know the file again. */
const KNOWN_AGAIN_BYTES = 1024;

/** How many lines of this length the window holds: whole ones, in each of its blocks. */
function linesInWindow(byteLength: number): number {
  const further = Math.floor((BLOCK_BYTES - KNOWN_AGAIN_BYTES) / byteLength);
  return Math.floor(BLOCK_BYTES / byteLength) + (WINDOW_BLOCKS - 1) * further;
}

/** A sink that takes nothing until it is released. */
class StuckSink extends KeepingSink implements Sink {
  released = Promise.withResolvers<void>();

  override async write(events: Parameters<KeepingSink["write"]>[0]) {
    await this.released.promise;
    return super.write(events);
  }
}

const tailOf = (path: string): SourceConfig => ({
  ...sourceOf({ read: async function* () {} } as Source),
  definition: tail,
  options: { paths: [path], read_from: "beginning", poll_interval: "5ms", rotate_wait: "1s" },
});

/** A pipeline that tails a file of this text, with a window of {@link WINDOW_BLOCKS} blocks. */
function pipelineOver(
  t: TestContext,
  text: string,
  sinks: SinkConfig[],
  { decode = "json", most }: { decode?: "json" | "text"; most?: number | undefined } = {},
): Pipeline {
  const folder = temporaryFolder(t);
  const path = join(folder, "audit.log");
  writeFileSync(path, text);
  const maxInFlightBytes = WINDOW_BLOCKS * BLOCK_BYTES;
  return new Pipeline(
    configOf(folder, {
      sources: [{ ...tailOf(path), decode }],
      sinks,
      maxInFlightBytes,
      ...(most !== undefined && { mostInFlightBytes: most }),
    }),
  );
}

const LINE = `${JSON.stringify({ text: "x".repeat(1000) })}\n`;

test("a stuck sink stops the source at the last whole line of the window's last block, to the byte", async (t) => {
  const sink = new StuckSink();
  const pipeline = pipelineOver(t, LINE.repeat(10_000), [sinkOf(sink)]);
  await pipeline.start();
  const expected = linesInWindow(LINE.length) * LINE.length;
  const bytesRead = () => pipeline.report.sources[0]?.bytes;
  await until("the window is full", () => bytesRead() === expected);
  for (let turns = 0; turns < 200; turns++) await turn();
  assert.equal(bytesRead(), expected);
  assert.equal(pipeline.report.inFlightBytes, expected);

  sink.released.resolve();
  await until("all is delivered", () => sink.texts.length === 10_000);
  await pipeline.stop();
  assert.equal(pipeline.report.inFlightBytes, 0);
  assert.equal(pipeline.report.sinks[0]?.addsUp, true);
});

/** What an event takes at the least beside its bytes, and the most events of one scan. */
const EVENT_BYTES = 192;
const STEP_EVENTS = 2 ** 13;

for (const { decode, line } of [
  { decode: "json", line: "{}\n" },
  { decode: "text", line: "x\n" },
] as const) {
  test(`a stuck sink stops tiny events (${decode}) long before their bytes fill the window, and each comes once`, async (t) => {
    const lines = 300_000;
    const sink = new StuckSink();
    const pipeline = pipelineOver(t, line.repeat(lines), [sinkOf(sink)], { decode });
    await pipeline.start();
    const events = () => pipeline.report.sources[0]?.events ?? 0;
    await until("the sink is stuck with some", () => events() > STEP_EVENTS);
    for (let turns = 0; turns < 200; turns++) await turn();
    assert.ok(events() <= (WINDOW_BLOCKS * BLOCK_BYTES) / EVENT_BYTES + STEP_EVENTS);

    sink.released.resolve();
    await until("all is delivered", () => sink.texts.length === lines);
    await pipeline.stop();
    assert.equal(pipeline.report.inFlightBytes, 0);
    assert.equal(pipeline.report.sinks[0]?.addsUp, true);
  });
}

test("one stuck sink holds the others at the window, and they go on when it does", async (t) => {
  const [stuck, free] = [new StuckSink(), new KeepingSink()];
  const sinks = [sinkOf(stuck), sinkOf(free, { key: "free", name: "sinks.free" })];
  const pipeline = pipelineOver(t, LINE.repeat(10_000), sinks);
  await pipeline.start();
  const inWindow = linesInWindow(LINE.length);
  await until("the free sink has all that the window holds", () => free.texts.length === inWindow);
  stuck.released.resolve();
  await until("both have everything", () => free.texts.length === 10_000 && stuck.texts.length === 10_000);
  await pipeline.stop();
});

/** A sink that has learnt after its first batch that larger ones suit it, and is stuck with the next one. */
class LearningSink extends StuckSink {
  batch = { bytes: BLOCK_BYTES };

  override async write(events: Parameters<KeepingSink["write"]>[0]) {
    if (this.batch.bytes === BLOCK_BYTES) this.released.resolve();
    const result = await super.write(events);
    if (this.batch.bytes === BLOCK_BYTES) this.released = Promise.withResolvers<void>();
    this.batch = { bytes: 2 * BLOCK_BYTES };
    return result;
  }
}

for (const { title, most } of [
  { title: "the window grows to its most where a sink asks for larger batches, and no further", most: 6 },
  { title: "a window that may not grow stays as it is, whatever a sink asks for", most: undefined },
]) {
  test(title, async (t) => {
    const sink = new LearningSink();
    const pipeline = pipelineOver(t, LINE.repeat(20_000), [sinkOf(sink)], { most: most && most * BLOCK_BYTES });
    await pipeline.start();
    const blocks = most ?? WINDOW_BLOCKS;
    const inFlight = () => pipeline.report.inFlightBytes;
    const isFull = () => sink.texts.length > 0 && inFlight() > (blocks - 1) * BLOCK_BYTES;
    await until("the window is full", isFull);
    for (let turns = 0; turns < 200; turns++) await turn();
    assert.ok(inFlight() <= blocks * BLOCK_BYTES);
    assert.equal(pipeline.report.windowBytes, blocks * BLOCK_BYTES);

    sink.released.resolve();
    await until("all is delivered", () => sink.texts.length === 20_000);
    await pipeline.stop();
    assert.equal(inFlight(), 0);
  });
}
