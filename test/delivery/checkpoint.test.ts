import assert from "node:assert/strict";
import fileSystem, { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Checkpoint, type CheckpointRecord } from "../../src/delivery/checkpoint.ts";
import type { SinkPosition, SourcePositions } from "../../src/delivery/sink-position.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { temporaryFolder } from "../support/folders.ts";

const POSITIONS = { all: { logs: { p1: { offset: 7, detail: { path: "/a" } } } } };

const fieldsOf = (folder: string) => JSON.parse(readFileSync(join(folder, "checkpoint.json"), "utf8"));

test("what is saved is loaded, and nothing is loaded where nothing was saved", (t) => {
  const folder = temporaryFolder(t);
  const record: CheckpointRecord = {
    sinks: new Map<string, SourcePositions>([
      [
        "all",
        new Map([
          ["logs", new Map([["p1", { offset: 7, partly: { offset: 9, child: -1 } }]])],
          ["others", new Map([["p1", { offset: 3 }]])],
        ]),
      ],
      ["some", new Map([["logs", new Map([["p1", { offset: 7 }]])]])],
      ["none", new Map()],
    ]),
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

test("where several sinks are at the same place, it is written once, however they came to know it", (t) => {
  const folder = temporaryFolder(t);
  const place = () => ({ offset: 7, detail: { path: "/a" } });
  const standingAt = (position: SinkPosition): SourcePositions => new Map([["logs", new Map([["p1", position]])]]);
  const sinks = new Map([
    ["one", standingAt(place())],
    ["two", standingAt(place())],
    ["behind", standingAt({ offset: 5, detail: { path: "/a" } })],
    ["renamed", standingAt({ offset: 7, detail: { path: "/b" } })],
    ["ended", standingAt({ ...place(), ended: true })],
  ]);
  const checkpoint = new Checkpoint(fileSystem, folder);
  checkpoint.save({ sinks, generation: 1 });
  assert.deepEqual(checkpoint.load().sinks, sinks);
  const places: { sinks: number[] }[] = fieldsOf(folder).positions.logs.p1;
  assert.deepEqual(
    places.map((each) => each.sinks),
    [[0, 1], [2], [3], [4]],
  );
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

test("a checkpoint in which each sink's positions stand by themselves is read, and written anew as they are now", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "checkpoint.json"), JSON.stringify({ version: 2, generation: 4, sinks: POSITIONS }));
  const checkpoint = new Checkpoint(fileSystem, folder);
  const record = checkpoint.load();
  assert.deepEqual(record.sinks.get("all")?.get("logs")?.get("p1"), POSITIONS.all.logs.p1);
  checkpoint.save(record);
  assert.equal(fieldsOf(folder).version, 3);
  assert.deepEqual(checkpoint.load(), record);
});

test("a checkpoint of the first version is read: there are no intents behind it", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "checkpoint.json"), JSON.stringify({ version: 1, sinks: POSITIONS }));
  const { sinks, generation, boot } = new Checkpoint(fileSystem, folder).load();
  assert.deepEqual(sinks.get("all")?.get("logs")?.get("p1"), POSITIONS.all.logs.p1);
  assert.deepEqual([generation, boot], [0, undefined]);
});

const textOf = (stands: unknown) => JSON.stringify({ version: 3, sinks: ["all"], positions: { logs: { p1: stands } } });

for (const [what, text, told] of [
  ["is no JSON", "{", /checkpoint\.json is damaged\. Restore the data folder as a whole/],
  ["is a list", "[]", /is damaged/],
  ["has no version", "{}", /is damaged/],
  ["is newer", '{"version":4}', /is of version 4, and this Sluice reads 3 at the most/],
  ["has a generation that is none", JSON.stringify({ version: 2, sinks: {}, generation: -1 }), /is damaged/],
  ["has half a mark", JSON.stringify({ version: 2, sinks: {}, letters: { inode: "1" } }), /is damaged/],
  [
    "has an event that is none",
    JSON.stringify({ version: 2, sinks: { all: { logs: { p1: { offset: 1, partly: { offset: 2 } } } } } }),
    /is damaged/,
  ],
  ["names no sinks", JSON.stringify({ version: 3, positions: {} }), /is damaged/],
  ["has positions of a sink that it does not name", textOf([{ offset: 1, sinks: [1] }]), /is damaged/],
  ["has a position of nobody", textOf([{ offset: 1 }]), /is damaged/],
  ["has a position that is none", textOf([{ offset: "1", sinks: [0] }]), /is damaged/],
  ["has a position that is no list", textOf({ offset: 1, sinks: [0] }), /is damaged/],
] as const) {
  test(`a checkpoint that ${what} is told, with what to do`, (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "checkpoint.json"), text);
    assert.throws(() => new Checkpoint(fileSystem, folder).load(), told);
  });
}
