import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { describe, it } from "node:test";
import { JournalFull } from "../../src/delivery/journal.ts";
import { Health } from "../../src/observe/health.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { append, journalFolder, linesOf } from "../support/journal.ts";

describe("when the disk fails, a journal", () => {
  const failing = (at: number, code: string, name: "writevSync" | "fdatasync"): FileSystem => {
    let calls = 0;
    const error = Object.assign(new Error(`${code}: injected`), { code });
    return {
      ...fileSystem,
      writevSync: (...all) => {
        if (name !== "writevSync" || ++calls !== at) return fileSystem.writevSync(...all);
        fileSystem.writeSync(all[0], Buffer.from("half of it"), 0, 10, all[2] as number);
        throw error;
      },
      fdatasync: ((descriptor: number, done: (error: Error | null) => void) => {
        if (name === "fdatasync" && ++calls === at) done(error);
        else fileSystem.fdatasync(descriptor, done);
      }) as FileSystem["fdatasync"],
    };
  };

  for (const name of ["writevSync", "fdatasync"] as const) {
    for (const at of [1, 2, 3]) {
      it(`refuses the request whose ${name} (number ${at}) failed, and takes the next`, async (test) => {
        const { open } = journalFolder(test);
        const journal = await open({ fileSystem: failing(at, "EIO", name), durability: "fsync" });
        const kept: string[] = [];
        for (const text of ["1\n", "2\n", "3\n", "4\n"]) {
          await append(journal, text).then(
            () => kept.push(text.trim()),
            (error) => assert.match(String(error), /EIO/),
          );
        }
        assert.equal(kept.length, 3);
        assert.deepEqual(await linesOf(journal), kept);
        await journal.close();
        assert.deepEqual(await linesOf(await open()), kept);
      });
    }
  }

  const failingToClose = (failures: { writes: number }): FileSystem => ({
    ...fileSystem,
    writevSync: (...all) => {
      if (failures.writes-- > 0) throw new Error("EIO: injected");
      return fileSystem.writevSync(...all);
    },
    closeSync: (descriptor) => {
      const isSegment = fileSystem.fstatSync(descriptor).isFile();
      fileSystem.closeSync(descriptor);
      if (isSegment) throw new Error("EIO: injected into close");
    },
  });

  it("accepts the request that readers have, though the file that it filled cannot be closed", async (test) => {
    const { told, open } = journalFolder(test);
    const journal = await open({ fileSystem: failingToClose({ writes: 0 }), segmentBytes: 10 });
    await append(journal, "1\n");
    await append(journal, "2\n");
    assert.deepEqual(await linesOf(await open()), ["1", "2"]);
    assert.match(told[0].text, /cannot close a segment properly/);
  });

  it("refuses the request whose write failed, and takes the next, though the file cannot be closed either", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open({ fileSystem: failingToClose({ writes: 1 }) });
    await assert.rejects(append(journal, "1\n"), /EIO: injected$/);
    await append(journal, "2\n");
    assert.deepEqual(await linesOf(await open()), ["2"]);
  });

  it("is full where the disk is", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open({ fileSystem: failing(1, "ENOSPC", "writevSync") });
    await assert.rejects(append(journal, "1\n"), JournalFull);
    await append(journal, "2\n");
    assert.deepEqual(await linesOf(journal), ["2"]);
  });

  it("writes on where the system took only a part", async (test) => {
    const { open } = journalFolder(test);
    const short: FileSystem = {
      ...fileSystem,
      writevSync: (descriptor, chunks, position) =>
        fileSystem.writeSync(
          descriptor,
          (chunks[0] as Uint8Array).subarray(0, 3),
          0,
          Math.min(3, chunks[0].byteLength),
          position as number,
        ),
    };
    const journal = await open({ fileSystem: short });
    await Promise.all([append(journal, '"some record"\n'), append(journal, '"another"\n')]);
    assert.deepEqual(await linesOf(journal), ['"some record"', '"another"']);
  });

  it("accepts nobody of a group whose sync failed, and does not sync that file again", async (test) => {
    const { open } = journalFolder(test);
    const synced: bigint[] = [];
    let fails = true;
    const failingOnce: FileSystem = {
      ...fileSystem,
      fdatasync: ((descriptor: number, done: (error: Error | null) => void) => {
        synced.push(fileSystem.fstatSync(descriptor, { bigint: true }).birthtimeNs);
        if (fails) setImmediate(done, Object.assign(new Error("EIO: injected"), { code: "EIO" }));
        else fileSystem.fdatasync(descriptor, done);
        fails = false;
      }) as FileSystem["fdatasync"],
    };
    const journal = await open({ fileSystem: failingOnce });
    const group = await Promise.allSettled(["1\n", "2\n", "3\n"].map((text) => append(journal, text)));
    assert.deepEqual(
      group.map(({ status }) => status),
      ["rejected", "rejected", "rejected"],
    );
    await append(journal, "4\n");
    assert.equal(new Set(synced).size, 2);
    assert.deepEqual(await linesOf(journal), ["4"]);
  });

  it("tells once that it cannot delete what was delivered, and deletes it later", async (test) => {
    const { told, open, segments } = journalFolder(test);
    let fails = true;
    const stubborn: FileSystem = {
      ...fileSystem,
      rmSync: (path, options) => {
        if (fails && !fileSystem.existsSync(path)) return;
        if (fails) throw Object.assign(new Error("EROFS: injected"), { code: "EROFS" });
        fileSystem.rmSync(path, options);
      },
    };
    const journal = await open({ fileSystem: stubborn, segmentBytes: 100 });
    for (let index = 0; index < 5; index++) await append(journal, `"${"x".repeat(100)}${index}"\n`);
    const { end } = journal;
    journal.release({ offset: end });
    journal.release({ offset: end });
    assert.equal(told.length, 1);
    assert.match(told[0].text, /cannot delete what was delivered/);
    fails = false;
    journal.release({ offset: end });
    assert.equal(segments().length, 1);
  });

  it("tells once that it cannot be read, and goes on when it can", async (test) => {
    const { told, log, open } = journalFolder(test);
    let fails = 1;
    const unreadable: FileSystem = {
      ...fileSystem,
      openSync: (path, flags, mode) => {
        if (flags !== "r" || !String(path).endsWith(".segment") || fails-- <= 0)
          return fileSystem.openSync(path, flags, mode);
        throw Object.assign(new Error("EMFILE: injected"), { code: "EMFILE", syscall: "open" });
      },
    };
    const health = new Health({ log });
    const journal = await open({ fileSystem: unreadable, reading: health.observe("test", "cannot read its journal") });
    await append(journal, "1\n");
    assert.deepEqual(await linesOf(journal), ["1"]);
    assert.deepEqual(
      told.map(({ text }) => text),
      ["cannot read its journal: EMFILE (open)"],
    );
    assert.equal(health.troubles.length, 0);
  });
});
