import assert from "node:assert/strict";
import fileSystem, { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { FilterMemory, type MemoryMark, type NamedFilter } from "../../src/delivery/filter-memory.ts";
import type { Filter, Json } from "../../src/plugin.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { temporaryFolder } from "../support/folders.ts";
import { recordingContext } from "../support/recording-context.ts";

/** A filter that remembers words. */
class Words implements Filter {
  all: Json[] = [];
  #fresh: Json[] = [];

  apply(): readonly [] {
    return [];
  }

  learn(...words: string[]): void {
    this.all.push(...words);
    this.#fresh.push(...words);
  }

  remember(all: boolean): Json | undefined {
    const part = all ? [...this.all] : this.#fresh;
    this.#fresh = [];
    return part.length > 0 ? part : undefined;
  }

  recall(remembered: readonly Json[]): void {
    this.all = (remembered as readonly Json[][]).flat();
  }
}

/** What crashed: with the process, all that was written is there; with the machine, only what was synced. */
const PROCESS = true;
const MACHINE = false;

/** A data folder, and the memory of one filter or more that is opened there again and again. */
function memoryFolder(test: TestContext) {
  const dataDir = temporaryFolder(test);
  const { log, warnings } = recordingContext();
  const open = (faults: Partial<FileSystem> = {}, names: readonly string[] = ["filters[0] dedupe"]) => {
    const words = names.map(() => new Words());
    const filters = names.map((name, index): NamedFilter => ({ name, filter: words[index] as Words }));
    const memory = new FilterMemory({ fileSystem: { ...fileSystem, ...faults }, dataDir, log, filters });
    test.after(() => memory.close());
    return { memory, words: words[0] as Words, others: words.slice(1) };
  };
  const folder = join(dataDir, "memory");
  return { dataDir, folder, warnings, open, files: () => readdirSync(folder).toSorted() };
}

/** A checkpoint, as the engine writes one. */
async function save(memory: FilterMemory): Promise<MemoryMark> {
  const mark = await memory.begin()();
  memory.forget(mark);
  return mark as MemoryMark;
}

const fault = (code: string): Error => Object.assign(new Error(`${code}: a fault`), { code });

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

  describe("when the disk fails", () => {
    for (const name of ["openSync", "writevSync", "renameSync", "mkdirSync"] as const) {
      it(`loses nothing where the first ${name} throws, or any later one`, async (test) => {
        for (let failing = 1; failing < 6; failing++) {
          const { open } = memoryFolder(test);
          let calls = 0;
          const faulty = (...parameters: unknown[]): unknown => {
            if (++calls === failing) throw fault("EIO");
            return (fileSystem[name] as (...given: unknown[]) => unknown)(...parameters);
          };
          const { memory, words } = open({ [name]: faulty });
          let mark: MemoryMark | undefined;
          for (const word of ["a", "b", "c"]) {
            words.learn(word);
            for (let done = false; !done; ) {
              try {
                mark = await save(memory);
                done = true;
              } catch (error) {
                assert.equal((error as NodeJS.ErrnoException).code, "EIO");
              }
            }
          }
          const again = open();
          again.memory.recall(mark, MACHINE);
          assert.deepEqual(again.words.all, ["a", "b", "c"], `call ${failing}`);
        }
      });
    }

    it("loses nothing where a write takes only a part before it fails", async (test) => {
      const { open } = memoryFolder(test);
      let isFull = false;
      const { memory, words } = open({
        writevSync: ((descriptor, chunks, position) => {
          if (!isFull) return fileSystem.writevSync(descriptor, chunks, position);
          fileSystem.writeSync(descriptor, chunks[0] as Uint8Array, 0, 7, position);
          throw fault("ENOSPC");
        }) as FileSystem["writevSync"],
      });
      words.learn("a");
      await save(memory);
      isFull = true;
      words.learn("b");
      assert.throws(() => memory.write(), { code: "ENOSPC" });
      words.learn("c");
      assert.throws(() => memory.write(), { code: "ENOSPC" });
      isFull = false;
      const mark = await save(memory);
      const again = open();
      again.memory.recall(mark, MACHINE);
      assert.deepEqual(again.words.all, ["a", "b", "c"]);
    });

    it("holds no more than some megabytes for a disk that takes nothing", async (test) => {
      const { open } = memoryFolder(test);
      let isFull = false;
      const { memory, words } = open({
        writevSync: ((descriptor, chunks, position) => {
          if (isFull) throw fault("ENOSPC");
          return fileSystem.writevSync(descriptor, chunks, position);
        }) as FileSystem["writevSync"],
      });
      await save(memory);
      isFull = true;
      for (let n = 0; n < 6; n++) {
        words.learn(`${n}${"x".repeat(1024 * 1024)}`);
        assert.throws(() => memory.write(), { code: "ENOSPC" });
      }
      isFull = false;
      const mark = await save(memory);
      assert.equal(mark.file, "2.log");
      const again = open();
      again.memory.recall(mark, MACHINE);
      assert.deepEqual(again.words.all, words.all);
    });

    it("never asks again for a sync that failed: another file takes its place", async (test) => {
      const { open } = memoryFolder(test);
      const refused: number[] = [];
      const { memory, words } = open({
        fdatasync: ((descriptor, done) => {
          if (refused.length > 0) return fileSystem.fdatasync(descriptor, done);
          refused.push(descriptor);
          done(fault("EIO"));
        }) as FileSystem["fdatasync"],
      });
      words.learn("a");
      await assert.rejects(save(memory), { code: "EIO" });
      const mark = await save(memory);
      assert.equal(mark.file, "2.log");
      const again = open();
      again.memory.recall(mark, MACHINE);
      assert.deepEqual(again.words.all, ["a"]);
    });
  });

  describe("when it is damaged", () => {
    it("says where, and what to do, whichever byte before the checkpoint's end is another", async (test) => {
      const { open, folder } = memoryFolder(test);
      const { memory, words } = open();
      words.learn("a");
      const mark = await save(memory);
      const path = join(folder, mark.file);
      const bytes = readFileSync(path);
      for (let at = 0; at < mark.length; at++) {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] as number) ^ 0x41;
        writeFileSync(path, copy);
        for (const crash of [PROCESS, MACHINE]) {
          assert.throws(() => open().memory.recall(mark, crash), /1\.log is damaged at byte \d+.*move .*memory away/);
        }
      }
    });

    it("says so where the file is shorter, or missing among others", async (test) => {
      const { open, folder } = memoryFolder(test);
      const { memory, words } = open();
      words.learn("a");
      const mark = await save(memory);
      truncateSync(join(folder, mark.file), mark.length - 1);
      assert.throws(() => open().memory.recall(mark, PROCESS), /is damaged/);
      rmSync(join(folder, mark.file));
      writeFileSync(join(folder, "7.log"), "");
      assert.throws(() => open().memory.recall(mark, MACHINE), /1\.log is missing/);
    });

    it("starts anew, with a warning, once somebody has moved the folder away", async (test) => {
      const { open, folder, warnings } = memoryFolder(test);
      const { memory, words } = open();
      words.learn("a");
      const mark = await save(memory);
      rmSync(folder, { recursive: true });
      const again = open();
      again.memory.recall(mark, PROCESS);
      assert.deepEqual(again.words.all, []);
      assert.match(warnings.join(), /what filters remembered is gone/);
      again.words.learn("b");
      assert.equal((await save(again.memory)).file, "1.log");
    });
  });
});
