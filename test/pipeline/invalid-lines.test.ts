import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { configOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";

interface Letter {
  readonly reason: string;
  readonly records?: number;
  readonly bytes: string;
  readonly origin: { readonly offset: number };
}

const lettersIn = (folder: string): Letter[] =>
  readFileSync(join(folder, "data", "dead-letters.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("lines that follow each other and are no events are one dead letter, and each of them counts", async (t) => {
  const folder = temporaryFolder(t);
  const sink = new KeepingSink();
  const lines = ['{"n":1}\nx\n\ny\n{"n":2}\n[3]\n{"n":4}\nz'];
  const pipeline = new Pipeline(configOf(folder, { sources: [sourceOf(linesSource(lines))], sinks: [sinkOf(sink)] }));
  await pipeline.start();
  const { sinks } = await pipeline.done;
  assert.deepEqual(sink.texts, ['{"n":1}', '{"n":2}', '{"n":4}']);
  assert.deepEqual(
    lettersIn(folder).map(({ reason, records, bytes, origin }) => [reason, records, bytes, origin.offset]),
    [
      ["no valid JSON at byte 1; 1 more lines behind it are no events", 2, "x\n\ny", 8],
      ["valid JSON, but no object", undefined, "[3]", 21],
      ["no valid JSON at byte 1", undefined, "z", 33],
    ],
  );
  assert.deepEqual([sinks[0]?.received, sinks[0]?.deadLettered, sinks[0]?.addsUp], [7, 4, true]);
});
