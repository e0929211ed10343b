import assert from "node:assert/strict";
import { readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { MemoryMark } from "../../src/delivery/filter-memory.ts";
import { MACHINE, memoryFolder, PROCESS, save, type Words } from "../support/filter-memories.ts";

describe("the memory of filters", () => {
  it("is there again after a crash of the process, with what was written since the checkpoint", async (test) => {
    const { open } = memoryFolder(test);
    const { memory, words } = open();
    words.learn("a");
    const mark = await save(memory);
    words.learn("b");
    memory.write();
    words.learn("never written");
    const again = open();
    again.memory.recall(mark, PROCESS);
    assert.deepEqual(again.words.all, ["a", "b"]);
  });

  it("goes back to the checkpoint after a crash of the machine, whatever lies behind it", async (test) => {
    const { open, folder } = memoryFolder(test);
    const { memory, words } = open();
    words.learn("a");
    const mark = await save(memory);
    words.learn("b");
    memory.write();
    writeFileSync(join(folder, "9.log"), "rubbish");
    const again = open();
    again.memory.recall(mark, MACHINE);
    assert.deepEqual(again.words.all, ["a"]);
  });

  it("counts for nothing after a crash of the machine before the first checkpoint", (test) => {
    const { open } = memoryFolder(test);
    const { memory, words } = open();
    words.learn("a");
    memory.write();
    const machine = open();
    machine.memory.recall(undefined, MACHINE);
    assert.deepEqual(machine.words.all, []);
    const process = open();
    process.memory.recall(undefined, PROCESS);
    assert.deepEqual(process.words.all, ["a"]);
  });

  it("is as whole after any number of crashes, each before a checkpoint", async (test) => {
    const { open, files } = memoryFolder(test);
    let { memory, words } = open();
    const mark = await save(memory);
    for (const word of ["a", "b", "c", "d"]) {
      ({ memory, words } = open());
      memory.recall(mark, PROCESS);
      words.learn(word);
      memory.write();
    }
    assert.deepEqual(words.all, ["a", "b", "c", "d"]);
    const kept = await save(memory);
    assert.deepEqual(files(), [kept.file]);
  });

  it("survives a death at any byte of what is written behind the checkpoint: whole parts count", async (test) => {
    const { open, folder } = memoryFolder(test);
    const { memory, words } = open();
    words.learn("a");
    const mark = await save(memory);
    words.learn("b");
    memory.write();
    const path = join(folder, mark.file);
    const { size } = statSync(path);
    for (let length = size - 1; length >= mark.length; length--) {
      truncateSync(path, length);
      const again = open();
      again.memory.recall(mark, PROCESS);
      assert.deepEqual(again.words.all, ["a"], `cut at ${length}`);
    }
  });

  it("belongs to the filter that gave it, and what another gave is told and forgotten", async (test) => {
    const { open, warnings } = memoryFolder(test);
    const { memory, words, others } = open({}, ["filters[0] dedupe", "sinks.all.filters[0] dedupe"]);
    words.learn("a");
    (others[0] as Words).learn("b");
    const mark = await save(memory);
    const again = open({}, ["sinks.all.filters[0] dedupe", "filters[7] dedupe"]);
    again.memory.recall(mark, PROCESS);
    assert.deepEqual([again.words.all, again.others[0]?.all], [["b"], []]);
    assert.match(warnings.join(), /filters\[0\] dedupe is not in pipeline.yaml any more/);
  });

  it("is gone from the disk with the last filter that remembers", async (test) => {
    const { open, files } = memoryFolder(test);
    const first = open();
    first.words.learn("a");
    await save(first.memory);
    const { memory } = open({}, []);
    assert.equal(await memory.begin()(), undefined);
    memory.forget(undefined);
    assert.deepEqual(files(), []);
  });

  it("makes no folder where no filter remembers", async (test) => {
    const { open, dataDir } = memoryFolder(test);
    const { memory } = open({}, []);
    memory.recall(undefined, PROCESS);
    memory.write();
    await memory.begin()();
    assert.deepEqual(readdirSync(dataDir), []);
  });

  it("is begun anew when it has grown, and the old one stays until the checkpoint is written", async (test) => {
    const { open, files, folder } = memoryFolder(test);
    const { memory, words } = open();
    await save(memory);
    let mark = await save(memory);
    const first = mark.file;
    while (mark.file === first) {
      words.all = [];
      words.learn("x".repeat(200_000));
      const durable = memory.begin();
      mark = (await durable()) as MemoryMark;
      assert.ok(files().includes(first));
      assert.ok(statSync(join(folder, first)).size < 2_000_000);
      memory.forget(mark);
    }
    assert.deepEqual(files(), [mark.file]);
    const again = open();
    again.memory.recall(mark, MACHINE);
    assert.deepEqual(again.words.all, words.all);
  });
});
