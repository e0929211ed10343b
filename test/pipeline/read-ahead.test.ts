import assert from "node:assert/strict";
import { test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Source } from "../../src/plugin.ts";
import { configOf, filterOf, KeepingSink, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";

test("the next read is under way before a filter works on the last one, however late a source begins it", async (t) => {
  const bytes = Buffer.from('{"n":1}\n');
  const reads = 3;
  let begun = 0;
  const source: Source = {
    async *read() {
      for (let offset = 0; begun < reads; offset += bytes.length) {
        begun++;
        yield { bytes, partition: "one", offset, position: { offset: offset + bytes.length } };
        // What a generator within a generator takes to come to its next read.
        for (let step = 0; step < 20; step++) await undefined;
      }
    },
  };
  const begunBefore: number[] = [];
  const filter = filterOf({
    apply: (events) => {
      begunBefore.push(begun);
      return events;
    },
  });
  const sink = new KeepingSink();
  const config = configOf(temporaryFolder(t), {
    sources: [sourceOf(source)],
    filters: [filter],
    sinks: [sinkOf(sink)],
  });
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  await pipeline.done;
  assert.equal(sink.texts.length, reads);
  assert.deepEqual(begunBefore, [2, 3, 3]);
});

test("a read that fails at once while the last one waits to be worked on ends the source behind it", async (t) => {
  const bytes = Buffer.from('{"n":1}\n');
  const source: Source = {
    async *read() {
      yield { bytes, partition: "one", offset: 0, position: { offset: bytes.length } };
      throw new Error("the disk is gone");
    },
  };
  const sink = new KeepingSink();
  const config = configOf(temporaryFolder(t), { sources: [sourceOf(source)], sinks: [sinkOf(sink)] });
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  await assert.rejects(pipeline.done, /the disk is gone/);
  assert.deepEqual(sink.texts, ['{"n":1}']);
});
