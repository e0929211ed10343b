import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink, Source } from "../../src/plugin.ts";
import { configOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { failingToSync, hasUndone } from "../support/failing-sync.ts";
import { type Faults, FolderSink } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";
import { crashMachine, killedRunsOf } from "../support/killed-runs.ts";
import { failing } from "../support/unsynced-buffers.ts";
import { until } from "../support/until.ts";

const LINES = Array.from({ length: 24 }, (_, n) => JSON.stringify({ name: `user-${n % 5}`, n }));
/** Reads of four lines each, and batches of three: most batches end within a read. */
const READS = Array.from({ length: 6 }, (_, n) => LINES.slice(n * 4, n * 4 + 4).join("\n"));

const sorted = (lines: readonly string[]) => lines.toSorted();
const sinkIn = (folder: string, faults: Faults = {}) => new FolderSink(join(folder, "out"), faults);

const FAILING_DISK = new URL("../support/unsynced-buffers.ts", import.meta.url).href;

/** A source that waits for a sync of the buffer behind each read; read again, it gives a line at a time. */
function slowSource(): Source {
  const ways = [linesSource(READS), linesSource(LINES)] as const;
  let times = 0;
  return {
    async *read(resume, signal) {
      for await (const read of ways[times++ === 0 ? 0 : 1].read(resume, signal)) {
        const { syncs } = failing;
        yield read;
        await until("the buffer is synced", () => signal.aborted || failing.syncs > syncs);
      }
    },
  };
}

async function runToEnd(
  folder: string,
  sink: Sink,
  source: Source = linesSource(READS),
  fileSystemModule: string | undefined = undefined,
) {
  const config = configOf(folder, {
    sources: [sourceOf(source)],
    sinks: [sinkOf(sink, { batch: { events: 3 }, buffer: { maxBytes: 1 << 20, whenFull: "block" } })],
    checkpointInterval: 1,
  });
  const pipeline = new Pipeline(config, { untilEnd: true, ...(fileSystemModule && { fileSystemModule }) });
  await pipeline.start();
  return pipeline.done;
}

async function killedAtEachWrite(folder: string): Promise<readonly string[]> {
  const killed = killedRunsOf(folder);
  await runToEnd(folder, sinkIn(folder, killed.faults));
  return killed.folders;
}

test("killed before any write, a sink that can undo has each event once behind its buffer", async (t) => {
  const killed = await killedAtEachWrite(join(temporaryFolder(t), "run"));
  assert.ok(killed.length >= LINES.length / 2);
  for (const folder of killed) {
    const sink = sinkIn(folder);
    const { sinks } = await runToEnd(folder, sink);
    assert.deepEqual(sorted(sink.lines), sorted(LINES), folder);
    assert.equal(sinks[0]?.addsUp, true);
  }
});

test("after a crash of the machine both halves go back to the checkpoint, and each event is there once", async (t) => {
  for (const folder of await killedAtEachWrite(join(temporaryFolder(t), "run"))) {
    crashMachine(folder);
    const sink = sinkIn(folder);
    await runToEnd(folder, sink);
    assert.deepEqual(sorted(sink.lines), sorted(LINES), folder);
  }
});

test("where the sink's sync fails, it is undone and gets the same from the buffer again, in the process", async (t) => {
  for (const writes of [1, 2, 5]) {
    const folder = join(temporaryFolder(t), String(writes));
    const sink = failingToSync(folder, writes);
    const { sinks } = await runToEnd(folder, sink);
    assert.ok(hasUndone(sink));
    assert.deepEqual(sorted(sink.lines), sorted(LINES));
    assert.equal(sinks[0]?.addsUp, true);
  }
});

for (const canUndo of [true, false]) {
  const what = canUndo ? "can undo" : "cannot undo";
  test(`where a buffer's sync fails, it is filled anew, and a sink that ${what} loses nothing of it`, async (t) => {
    for (const at of [1, 2, 4]) {
      const folder = join(temporaryFolder(t), String(at));
      failing.at = new Set([at]);
      failing.syncs = 0;
      const [undoing, keeping] = [sinkIn(folder), new KeepingSink()];
      const { sinks } = await runToEnd(folder, canUndo ? undoing : keeping, slowSource(), FAILING_DISK);
      assert.ok(failing.syncs > at);
      if (canUndo) assert.deepEqual(sorted(undoing.lines), sorted(LINES));
      else assert.deepEqual(sorted([...new Set(keeping.texts)]), sorted(LINES));
      assert.equal(sinks[0]?.addsUp, true);
    }
  });
}

test("a buffer whose folder was lost goes on where the sink stands: nothing new is taken for what it had", async (t) => {
  const folder = temporaryFolder(t);
  const half = READS.slice(0, 3);
  await runToEnd(folder, sinkIn(folder), linesSource(half));
  rmSync(join(folder, "data", "buffers"), { recursive: true });
  const sink = sinkIn(folder);
  await runToEnd(folder, sink);
  assert.deepEqual(sorted(sink.lines), sorted(LINES));
});
