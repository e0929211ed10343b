import assert from "node:assert/strict";
import fileSystem, { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Checkpoint, type CheckpointRecord } from "../../src/delivery/checkpoint.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { temporaryFolder } from "../support/folders.ts";

const POSITIONS = { all: { logs: { p1: { offset: 7, detail: { path: "/a" } } } } };

test("what is saved is loaded, and nothing is loaded where nothing was saved", (t) => {
  const folder = temporaryFolder(t);
  const record: CheckpointRecord = {
    sinks: new Map([["all", new Map([["logs", new Map([["p1", { offset: 7, partly: { offset: 9, child: -1 } }]])]])]]),
    generation: 3,
    boot: "b",
    letters: { inode: "12", length: 5 },
    memory: { file: "1.log", length: 9 },
  };
  const checkpoint = new Checkpoint(fileSystem, folder);
  assert.deepEqual(checkpoint.load(), { sinks: new Map(), generation: 0 });
  checkpoint.save(record);
  assert.deepEqual(new Checkpoint(fileSystem, folder).load(), record);
});

test("it is made durable without holding up the pipeline, and found whole however far that came", async (t) => {
  const folder = temporaryFolder(t);
  const held = () => {
    throw new Error("the pipeline waits for the disk");
  };
  const found: unknown[] = [];
  const look = () => found.push(new Checkpoint(fileSystem, folder).load().generation);
  const disk: FileSystem = {
    ...fileSystem,
    fdatasyncSync: held,
    fsyncSync: held,
    renameSync: (from, to) => {
      look();
      fileSystem.renameSync(from, to);
      look();
    },
  };
  new Checkpoint(fileSystem, folder).save({ sinks: new Map(), generation: 1 });
  const saving = new Checkpoint(disk, folder).saveSoon({ sinks: new Map(), generation: 2 });
  look();
  await saving;
  assert.deepEqual(found, [1, 1, 2]);
  assert.deepEqual(readdirSync(folder), ["checkpoint.json"]);
});

test("a checkpoint of the first version is read: there are no intents behind it", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "checkpoint.json"), JSON.stringify({ version: 1, sinks: POSITIONS }));
  const { sinks, generation, boot } = new Checkpoint(fileSystem, folder).load();
  assert.deepEqual(sinks.get("all")?.get("logs")?.get("p1"), POSITIONS.all.logs.p1);
  assert.deepEqual([generation, boot], [0, undefined]);
});

for (const [what, text, told] of [
  ["is no JSON", "{", /checkpoint\.json is damaged\. Restore it/],
  ["is a list", "[]", /is damaged/],
  ["has no version", "{}", /is damaged/],
  ["is newer", '{"version":3}', /is of version 3, and this Sluice reads 2 at the most/],
  ["has a generation that is none", JSON.stringify({ version: 2, sinks: {}, generation: -1 }), /is damaged/],
  ["has half a mark", JSON.stringify({ version: 2, sinks: {}, letters: { inode: "1" } }), /is damaged/],
  [
    "has an event that is none",
    JSON.stringify({ version: 2, sinks: { all: { logs: { p1: { offset: 1, partly: { offset: 2 } } } } } }),
    /is damaged/,
  ],
] as const) {
  test(`a checkpoint that ${what} is told, with what to do`, (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "checkpoint.json"), text);
    assert.throws(() => new Checkpoint(fileSystem, folder).load(), told);
  });
}
