import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Event, Sink, Source } from "../../src/plugin.ts";
import { configOf, filterOf, KeepingSink, sinkOf, sourceOf } from "../support/config.ts";
import { failingToSync } from "../support/failing-sync.ts";
import { FolderSink } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

/** Brings these lines in one read, from wherever it goes on. */
const wholeSource = (lines: readonly string[]): Source => ({
  read: async function* (resume) {
    const text = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    const { offset } = resume.get("p1") ?? { offset: 0 };
    if (offset === text.length) return;
    yield { bytes: text.subarray(offset), partition: "p1", offset, position: { offset: text.length } };
  },
});

/** Goes on with its first write although it is told to stop. */
class DeafSink extends KeepingSink implements Sink {
  readonly opened = Promise.withResolvers<void>();
  isWriting = false;
  isTold = false;

  override async write(events: readonly Event[], signal?: AbortSignal) {
    if (this.isWriting) return super.write(events);
    this.isWriting = true;
    signal?.addEventListener("abort", () => setImmediate(() => (this.isTold = true)), { once: true });
    await this.opened.promise;
    return [];
  }
}

test("a read is in flight as long as any of its events is being written, though its other steps were given up", async (t) => {
  const lines = Array.from({ length: 300_000 }, (_, n) => `{"n":${n}}`);
  const sink = new DeafSink();
  const config = configOf(temporaryFolder(t), {
    sources: [sourceOf(wholeSource(lines))],
    sinks: [sinkOf(sink, { batch: { events: 1000 } })],
    shutdownTimeout: 50,
  });
  const pipeline = new Pipeline(config);
  await pipeline.start();
  t.after(() => pipeline.stop().catch(() => {}));
  await until("it writes", () => sink.isWriting);
  const inFlight = pipeline.report.inFlightBytes;
  const reloaded = pipeline.reload(async () => ({ ...config, filters: [filterOf({ apply: (events) => events })] }));
  await until("it is told to stop", () => sink.isTold);
  assert.equal(pipeline.report.inFlightBytes, inFlight);
  sink.opened.resolve();
  await reloaded;
  await until("all is delivered", () => sink.texts.length === lines.length);
  await until("the window is free", () => pipeline.report.inFlightBytes === 0);
  assert.deepEqual(sink.texts, lines);
});

test("a step that a filter holds when its flow is abandoned is the last one of that flow", async (t) => {
  const lines = Array.from({ length: 60_000 }, (_, n) => `{"name":"all","n":${n}}`);
  const folder = temporaryFolder(t);
  const sink = failingToSync(folder, 1);
  const held = Promise.withResolvers<void>();
  let calls = 0;
  const config = configOf(folder, {
    sources: [sourceOf(wholeSource(lines))],
    filters: [
      filterOf({
        apply: async (events) => {
          calls++;
          if (calls === 2) await held.promise;
          // The flow behind the abandoned one is under way.
          if (calls === 4) {
            held.resolve();
            await new Promise(setImmediate);
          }
          return events;
        },
      }),
    ],
    sinks: [sinkOf(sink, { batch: { events: 100 } })],
    maxInFlightBytes: 256 << 20,
    checkpointInterval: 1,
  });
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  const { sinks, inFlightBytes } = await pipeline.done;
  assert.equal(inFlightBytes, 0);
  assert.equal(sinks[0]?.addsUp, true);
  assert.deepEqual(sink.lines, lines);
  const next = new FolderSink(join(folder, "out"));
  const again = new Pipeline({ ...config, filters: [], sinks: [sinkOf(next)] }, { untilEnd: true });
  await again.start();
  await again.done;
  assert.deepEqual(next.lines, lines);
});
