import assert from "node:assert/strict";
import fileSystem, { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { MemoryMark } from "../../src/delivery/filter-memory.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { fault, MACHINE, memoryFolder, PROCESS, save } from "../support/filter-memories.ts";

describe("the memory of filters", () => {
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
