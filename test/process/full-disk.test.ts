import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { configOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { linesIn } from "../support/pipeline-folder.ts";
import { until } from "../support/until.ts";

test("a disk without room for dead letters makes the pipeline wait; with room it goes on, and nothing is torn or lost", async (t) => {
  const folder = temporaryFolder(t);
  const flag = join(folder, "full");
  writeFileSync(flag, "");
  const fileSystemModule = new URL(`no-space.ts?while=${flag}`, import.meta.url).href;
  const told: string[] = [];
  const tell = (text: string) => void told.push(text);
  const log = { error: tell, warn: tell, info: tell, debug: tell, child: () => log };
  const sink = new KeepingSink();
  const lines = ['{"n":1}', "no JSON", '{"n":2}', "none either", '{"n":3}'];
  const config = configOf(folder, { sources: [sourceOf(linesSource(lines))], sinks: [sinkOf(sink)] });
  const pipeline = new Pipeline(config, { fileSystemModule, log, untilEnd: true });
  await pipeline.start();
  await until("it waits", () => told.some((text) => /the pipeline waits: .*ENOSPC/.test(text)));
  assert.equal(pipeline.report.sinks[0]?.deadLettered, 0);
  assert.deepEqual(linesIn(config.deadLetter.path), []);
  rmSync(flag);
  const { sinks } = await pipeline.done;
  assert.deepEqual(sink.texts, ['{"n":1}', '{"n":2}', '{"n":3}']);
  const letters = linesIn(config.deadLetter.path).map((line) => JSON.parse(line).bytes);
  assert.deepEqual(letters, ["no JSON", "none either"]);
  assert.equal(sinks[0]?.addsUp, true);
});

test("a letter that a crash has torn is not continued: the next one has a line of its own", async (t) => {
  const folder = temporaryFolder(t);
  const config = configOf(folder, {
    sources: [sourceOf(linesSource(["no JSON"]))],
    sinks: [sinkOf(new KeepingSink())],
    deadLetter: { path: join(folder, "letters"), maxBytes: 1 << 20 },
  });
  writeFileSync(config.deadLetter.path, '{"time":"2026-');
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  await pipeline.done;
  const [torn, letter] = linesIn(config.deadLetter.path);
  assert.equal(torn, '{"time":"2026-');
  assert.equal(JSON.parse(letter as string).bytes, "no JSON");
});

test("an event that is too large for one letter is kept in several, which hold all of its bytes", async (t) => {
  const folder = temporaryFolder(t);
  const line = JSON.stringify({ x: 'é"'.repeat(9 << 20) });
  const config = configOf(folder, {
    sources: [sourceOf(linesSource([line]), { maxEventBytes: Number.POSITIVE_INFINITY })],
    sinks: [sinkOf(new KeepingSink(() => "too large"))],
    deadLetter: { path: join(folder, "letters"), maxBytes: 1 << 30 },
  });
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  assert.equal((await pipeline.done).sinks[0]?.deadLettered, 1);
  const letters = linesIn(config.deadLetter.path).map((text) => JSON.parse(text));
  assert.deepEqual(
    letters.map(({ piece }) => piece),
    [1, 2, 3].map((number) => ({ number, of: 3 })),
  );
  const whole = Buffer.concat(
    letters.map(({ bytes, base64 }) => Buffer.from(base64 ?? bytes, base64 ? "base64" : "utf8")),
  );
  assert.equal(whole.equals(Buffer.from(line)), true);
});
