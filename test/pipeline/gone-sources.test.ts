/** What is there of a batch, some of which its sources cannot give again. */
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Log } from "../../src/observe/log.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Source } from "../../src/plugin.ts";
import { configOf, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { type Faults, FolderSink, linesOf } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";
import { crashMachine, killedRunsOf } from "../support/killed-runs.ts";

const NAMES = ["anna", "bert", "carl", "dora", "emil"];
const LINES = Array.from({ length: 20 }, (_, n) => `{"name":"${NAMES[n % NAMES.length]}","n":${n}}`);
const [FIRST, SECOND] = [LINES.slice(0, 10), LINES.slice(10)];

const gone = (lines: readonly string[]): Source => ({ ...linesSource(lines), holds: () => false });
const held = (lines: readonly string[]): Source => ({ ...linesSource(lines), holds: () => true });

/** Delivers all that two sources give; returns the lines that are there then, and what was told. */
async function deliver(folder: string, sources: readonly [first: Source, second: Source], faults: Faults = {}) {
  let told = "";
  const tell = (text: string) => void (told += text);
  const log: Log = { error: tell, warn: tell, info() {}, debug() {}, child: () => log };
  const config = configOf(folder, {
    sources: sources.map((source, index) => sourceOf(source, { key: ["first", "second"][index] as string })),
    sinks: [sinkOf(new FolderSink(join(folder, "out"), faults), { batch: { events: 4 } })],
    checkpointInterval: 1,
  });
  const pipeline = new Pipeline(config, { untilEnd: true, log });
  await pipeline.start();
  await pipeline.done;
  return { lines: linesOf(join(folder, "out")), told };
}

test("what its source cannot give again is kept instead of undone", async (t) => {
  const run = join(temporaryFolder(t), "run");
  // Whatever the machine is busy with, a checkpoint knows of some of it.
  await deliver(run, [held(FIRST.slice(0, 6)), held([])]);
  const killed = killedRunsOf(run);
  await deliver(run, [held(FIRST), held([])], killed.faults);
  const folder = killed.folders.at(-1) as string;
  crashMachine(folder);
  const before = linesOf(join(folder, "out"));
  assert.deepEqual((await deliver(folder, [gone([]), held([])])).lines, before);
});

test("what another source can give again is not given up with what cannot be", async (t) => {
  const run = join(temporaryFolder(t), "run");
  const killed = killedRunsOf(run);
  await deliver(run, [held(FIRST), held(SECOND)], killed.faults);
  for (const folder of killed.folders) {
    for (const isCrash of [false, true]) {
      const copy = `${folder}-${isCrash}`;
      cpSync(folder, copy, { recursive: true });
      if (isCrash) crashMachine(copy);
      const before = linesOf(join(copy, "out"));
      const { lines, told } = await deliver(copy, [gone([]), held(SECOND)]);
      const isTwice = SECOND.some((line) => lines.indexOf(line) !== lines.lastIndexOf(line));
      if (isTwice) assert.match(told, /may be there twice/);
      const owed = isCrash ? SECOND : [...SECOND, ...FIRST.filter((line) => before.includes(line))];
      for (const line of owed) assert.ok(lines.includes(line), `${copy}: ${line}`);
    }
  }
});

test("a source is asked for all that a sink has of one read, not only for what lies before it", async (t) => {
  const run = join(temporaryFolder(t), "run");
  await deliver(run, [held(FIRST), held([])]);
  const begin = Buffer.byteLength(`${FIRST.join("\n")}\n`);
  const bytes = Buffer.from(`${SECOND.join("\n")}\n`);
  const position = { offset: begin + bytes.length };
  let asked = 0;
  const whole: Source = {
    read: async function* () {
      yield { bytes, partition: "p1", offset: begin, position };
    },
  };
  const silent: Source = {
    read: async function* () {},
    holds: (_, __, { offset }) => {
      asked = Math.max(asked, offset);
      return true;
    },
  };
  const killed = killedRunsOf(run);
  await deliver(run, [whole, held([])], killed.faults);
  const hasOf = (folder: string) => linesOf(join(folder, "out")).filter((line) => SECOND.includes(line));
  const folder = killed.folders.find((each) => hasOf(each).length >= 4) as string;
  const has = hasOf(folder);
  crashMachine(folder);
  await deliver(folder, [silent, held([])]);
  const lastOf = Math.max(...has.map((line) => begin + bytes.indexOf(line)));
  assert.ok(asked > lastOf, `${asked} of ${lastOf}`);
});
