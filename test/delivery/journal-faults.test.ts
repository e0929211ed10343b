import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { JournalFull } from "../../src/delivery/journal.ts";
import { Health } from "../../src/observe/health.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { append, journalFolder, lines, linesOf, readAll, room } from "../support/journal.ts";

describe("after a crash, a journal", () => {
  it("cuts off a last request that is not wholly there, wherever it was torn", async (test) => {
    const { folder, told, open, segments, lastSegment } = journalFolder(test);
    const journal = await open();
    await append(journal, "1\n");
    await append(journal, "2\n");
    const whole = journal.end;
    await append(journal, "3\n4\n");
    await journal.close();
    const path = lastSegment();
    const bytes = readFileSync(path);
    for (let length = whole; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      told.length = 0;
      const torn = await open();
      assert.equal(told.length, length === whole ? 0 : 1, `cut at ${length}`);
      await append(torn, "5\n");
      assert.deepEqual(await linesOf(torn), ["1", "2", "5"], `cut at ${length}`);
      await torn.close();
    }
    assert.match(told[0].text, /not wholly written/);
    assert.deepEqual(segments(), readdirSync(folder));
  });

  it("tells of a damaged byte wherever it is, keeps the request aside, and reads the others", async (test) => {
    const { folder, told, open, lastSegment } = journalFolder(test);
    const journal = await open();
    const ends = [0];
    for (const text of ["1\n", "2\n3\n", "4\n", "5\n"]) {
      await append(journal, text);
      ends.push(journal.end);
    }
    await journal.close();
    const requests = [["1"], ["2", "3"], ["4"], ["5"]];
    const path = lastSegment();
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = ends.findIndex((end) => at < end) - 1;
      const copy = Buffer.from(bytes);
      copy[at] ^= 0x41;
      writeFileSync(path, copy);
      told.length = 0;
      const again = await open();
      await append(again, "6\n");
      const expected = [...requests.filter((_, index) => index !== damaged).flat(), "6"];
      assert.deepEqual(await linesOf(again), expected, `damaged at ${at}`);
      assert.match(told[0].text, /damaged/);
      const aside = readdirSync(folder).filter((name) => name.startsWith("damaged-"));
      assert.equal(aside.length, 1);
      assert.deepEqual(readFileSync(join(folder, aside[0])), copy.subarray(ends[damaged], ends[damaged + 1]));
      await again.close();
      rmSync(join(folder, aside[0]));
    }
  });

  it("skips a large damaged request as a whole", async (test) => {
    const { folder, told, open, segments } = journalFolder(test);
    const journal = await open();
    await append(journal, "1\n");
    const spool = journal.spool({});
    for (let index = 0; index < 1000; index++) spool.write(Buffer.from(`"record ${index}"\n`));
    await spool.accept();
    await append(journal, "2\n");
    await journal.close();
    const path = join(folder, segments()[1]);
    const bytes = readFileSync(path);
    bytes[5000] ^= 1;
    writeFileSync(path, bytes);
    const again = await open();
    assert.deepEqual(await linesOf(again, undefined, room(512)), ["1", "2"]);
    assert.equal(told.length, 1);
  });

  it("keeps aside what lies behind the last request and is none", async (test) => {
    const { told, open, lastSegment } = journalFolder(test);
    const journal = await open();
    await append(journal, "1\n");
    await journal.close();
    const path = lastSegment();
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(5000)]));
    const again = await open();
    await append(again, "2\n");
    assert.deepEqual(await linesOf(again), ["1", "2"]);
    assert.match(told[0].text, /end of the journal is damaged/);
  });

  it("goes on behind a file that somebody cut or removed", async (test) => {
    const { folder, open, segments } = journalFolder(test);
    const journal = await open({ segmentBytes: 100 });
    for (let index = 0; index < 6; index++) await append(journal, `"${"x".repeat(100)}${index}"\n`);
    await journal.close();
    const [first, second, third] = segments();
    rmSync(join(folder, second));
    truncateSync(join(folder, third), 50);
    assert.ok(first);
    const left = (await linesOf(await open())).map((line) => line.at(-2));
    assert.deepEqual(left, ["0", "3", "4", "5"]);
  });
});

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

describe("a journal that does not sync", () => {
  it("gives no offset a second time after a crash of the machine, which may have taken what was there", async (test) => {
    const { folder, told, open, lastSegment } = journalFolder(test);
    const journal = await open({ durability: "write" });
    await append(journal, "1\n");
    const [kept] = await readAll(journal);
    await append(journal, "2\n");
    const delivered = (await readAll(journal)).at(-1)?.position.offset as number;
    await journal.close();
    truncateSync(lastSegment(), kept.position.offset);
    writeFileSync(join(folder, "unsynced.json"), '{"boot":"another"}\n');

    const again = await open({ durability: "write" });
    assert.match(told[0].text, /the machine may have crashed/);
    assert.equal(again.holds({ offset: 0 }, kept.position), true);
    assert.equal(again.holds({ offset: 0 }, { offset: delivered }), false);
    assert.equal(again.holds(kept.position, { offset: delivered }), false);
    const { end } = again;
    await append(again, "3\n");
    const batches = await readAll(again, kept.position);
    assert.deepEqual(lines(batches[0].bytes), ["3"]);
    assert.ok(batches[0].offset > delivered);
    assert.equal(batches[0].behind, 0);
    assert.deepEqual(await linesOf(again), ["1", "3"]);
    assert.equal(again.holds({ offset: end }, { offset: again.end }), true);
  });

  it("goes on where it was after a crash of the program", async (test) => {
    const { told, open } = journalFolder(test);
    const journal = await open({ durability: "write" });
    await append(journal, "1\n");
    const { end } = journal;
    const again = await open({ durability: "write" });
    assert.equal(again.end, end);
    assert.equal(again.holds({ offset: end }, { offset: end }), true);
    assert.deepEqual(told, []);
  });

  it("leaves such offsets also where it begins to sync", async (test) => {
    const { folder, open } = journalFolder(test);
    const journal = await open({ durability: "write" });
    await append(journal, "1\n");
    const { end } = journal;
    await journal.close();
    const synced = await open({ durability: "fsync" });
    assert.equal(synced.end, end);
    await synced.close();
    writeFileSync(join(folder, "unsynced.json"), '{"boot":"another"}\n');
    const later = await open({ durability: "fsync" });
    assert.ok(later.end > end + 1e9);
    await later.close();
    assert.equal((await open({ durability: "fsync" })).end, later.end);
  });
});
