import assert from "node:assert/strict";
import nodeFileSystem, { cpSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink } from "../../src/plugin.ts";
import { configOf, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { diskFailure, failingToSync, hasUndone } from "../support/failing-sync.ts";
import { FolderSink } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";
import { TAMPERED_FILE_SYSTEM, tampered } from "../support/tampered-file-system.ts";

const LINES = Array.from({ length: 20 }, (_, n) => `{"name":"${n % 3}","n":${n}}`);

async function runToEnd(folder: string, sink: Sink): Promise<void> {
  const config = configOf(folder, {
    sources: [sourceOf(linesSource(LINES))],
    sinks: [sinkOf(sink, { batch: { events: 4 } })],
    checkpointInterval: 1,
  });
  const pipeline = new Pipeline(config, { untilEnd: true, fileSystemModule: TAMPERED_FILE_SYSTEM });
  await pipeline.start();
  await pipeline.done;
}

afterEach(() => {
  for (const name of Object.keys(tampered)) delete tampered[name as keyof typeof tampered];
});

test("a sync that failed is not believed later because the intents could not be synced at that moment, too", async (t) => {
  const folder = temporaryFolder(t);
  const sink = failingToSync(folder, 3, () => {
    tampered.fdatasync = ((_, done: (error: Error) => void) => {
      delete tampered.fdatasync;
      setImmediate(done, diskFailure());
    }) as typeof nodeFileSystem.fdatasync;
  });
  await runToEnd(folder, sink);
  assert.ok(hasUndone(sink));
  assert.deepEqual(sink.lines.toSorted(), LINES.toSorted());
});

test("a sync that throws at once, as that of a function that is not async, is a sync that failed", async (t) => {
  const folder = temporaryFolder(t);
  const sink = new FolderSink(join(folder, "out"));
  let hasFailed = false;
  sink.sync = () => {
    if (!hasFailed && sink.asked.includes("write")) {
      hasFailed = true;
      throw diskFailure();
    }
    return Promise.resolve();
  };
  await runToEnd(folder, sink);
  assert.ok(hasUndone(sink));
  assert.deepEqual(sink.lines.toSorted(), LINES.toSorted());
});

test("nothing is undone before a process that dies meanwhile leaves word of it", async (t) => {
  const folder = join(temporaryFolder(t), "run");
  const killed = `${folder}-killed`;
  let refusals = 0;
  const sink = failingToSync(folder, 3, () => {
    tampered.renameSync = (from, to) => {
      if (String(to).endsWith("checkpoint.json") && refusals++ < 1) throw diskFailure();
      nodeFileSystem.renameSync(from, to);
    };
  });
  const { recover } = sink;
  sink.recover = async (intents, recovery) => {
    const outcome = await recover.call(sink, intents, recovery);
    if (recovery === "undo") cpSync(folder, killed, { recursive: true });
    return outcome;
  };
  await runToEnd(folder, sink);
  assert.deepEqual(sink.lines.toSorted(), LINES.toSorted());
  const next = new FolderSink(join(killed, "out"));
  await runToEnd(killed, next);
  assert.deepEqual(next.lines.toSorted(), LINES.toSorted());
});

test("what can neither be undone nor be marked before the end is told, with what to do before the next start", async (t) => {
  const folder = temporaryFolder(t);
  const failed = Promise.withResolvers<void>();
  const sink = failingToSync(folder, 3, () => {
    tampered.renameSync = () => {
      throw diskFailure();
    };
    failed.resolve();
  });
  const config = configOf(folder, {
    sources: [sourceOf(linesSource(LINES))],
    sinks: [sinkOf(sink, { batch: { events: 4 } })],
    checkpointInterval: 1,
    shutdownTimeout: 1,
  });
  const pipeline = new Pipeline(config, { untilEnd: true, fileSystemModule: TAMPERED_FILE_SYSTEM });
  await pipeline.start();
  const ended = assert.rejects(pipeline.done, /could not be synced, and .*checkpoint\.json cannot say so .*"boot"/);
  await failed.promise;
  await assert.rejects(pipeline.stop(), /take "boot" out of it before the next start/);
  await ended;
  assert.ok(!hasUndone(sink));
});
