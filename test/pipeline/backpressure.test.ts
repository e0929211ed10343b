import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import tail from "../../plugins/sources/tail/tail.ts";
import type { SourceConfig } from "../../src/config/config.ts";
import { BLOCK_BYTES } from "../../src/delivery/window.ts";
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
  readonly released = Promise.withResolvers<void>();

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

test("a stuck sink stops the source at the last whole line of the window's last block, to the byte", async (t) => {
  const folder = temporaryFolder(t);
  const line = `${JSON.stringify({ text: "x".repeat(1000) })}\n`;
  const path = join(folder, "audit.log");
  writeFileSync(path, line.repeat(10_000));
  const sink = new StuckSink();
  const pipeline = new Pipeline(
    configOf(folder, { sources: [tailOf(path)], sinks: [sinkOf(sink)], maxInFlightBytes: WINDOW_BLOCKS * BLOCK_BYTES }),
  );
  await pipeline.start();
  const expected = linesInWindow(line.length) * line.length;
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

test("one stuck sink holds the others at the window, and they go on when it does", async (t) => {
  const folder = temporaryFolder(t);
  const line = `${JSON.stringify({ text: "x".repeat(1000) })}\n`;
  const path = join(folder, "audit.log");
  writeFileSync(path, line.repeat(10_000));
  const [stuck, free] = [new StuckSink(), new KeepingSink()];
  const pipeline = new Pipeline(
    configOf(folder, {
      sources: [tailOf(path)],
      sinks: [sinkOf(stuck), sinkOf(free, { key: "free", name: "sinks.free" })],
      maxInFlightBytes: WINDOW_BLOCKS * BLOCK_BYTES,
    }),
  );
  await pipeline.start();
  const inWindow = linesInWindow(line.length);
  await until("the free sink has all that the window holds", () => free.texts.length === inWindow);
  stuck.released.resolve();
  await until("both have everything", () => free.texts.length === 10_000 && stuck.texts.length === 10_000);
  await pipeline.stop();
});
