import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { JournalFull } from "../../src/delivery/journal.ts";
import type { RawBatch } from "../../src/plugin.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { append, journalFolder, lines, linesOf, readAll, room } from "../support/journal.ts";

describe("a journal", () => {
  it("gives back the records that were appended, in order", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    await append(journal, "1\n2\n");
    await append(journal, "3\n");
    assert.deepEqual(await linesOf(journal), ["1", "2", "3"]);
  });

  it("gives requests of one sender together, and of several apart", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    for (const [text, remote] of [
      ["1\n", "a"],
      ["2\n", "a"],
      ["3\n", "b"],
      ["4\n", "a"],
    ])
      await append(journal, text, remote);
    const batches = await readAll(journal);
    assert.deepEqual(
      batches.map(({ remote, bytes }) => [remote, lines(bytes)]),
      [
        ["a", ["1", "2"]],
        ["b", ["3"]],
        ["a", ["4"]],
      ],
    );
  });

  it("puts every record where its offset says, so that reading goes on at any of them", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    for (let index = 0; index < 20; index++)
      await append(journal, `"${index}-a"\n"${index}-b"\n`, `host-${index >> 2}`);
    const expected = await linesOf(journal);
    const offsets: number[] = [];
    for (const { bytes, offset } of await readAll(journal)) {
      bytes.forEach((byte, index) => {
        if (byte !== 10 && (index === 0 || bytes[index - 1] === 10)) offsets.push(offset + index);
      });
    }
    assert.equal(offsets.length, expected.length);
    for (const [index, offset] of offsets.entries()) {
      assert.deepEqual(await linesOf(journal, { offset }), expected.slice(index));
    }
  });

  it("goes on after each batch's position, after a restart, too", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    for (let index = 0; index < 10; index++) await append(journal, `${index}\n`, `host-${index}`);
    const batches = await readAll(journal);
    await journal.close();
    const again = await open();
    await append(again, "10\n");
    for (const [index, { position }] of batches.entries()) {
      assert.equal((await linesOf(again, position))[0], String(index + 1));
    }
  });

  it("reads records that are larger than the room for them", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    const records = [10, 5000, 100, 9000, 3, 4096, 4095, 4097, 20_000].map((length) => "x".repeat(length));
    await append(journal, records.map((record) => `${record}\n`).join(""));
    await append(journal, "last\n");
    assert.deepEqual(await linesOf(journal), [...records, "last"]);
    assert.deepEqual(await linesOf(journal, undefined, room(100)), [...records, "last"]);
  });

  it("goes on between the records of a frame that is larger than the room", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    const records = Array.from({ length: 500 }, (_, index) => `"record ${index}"`);
    await append(journal, `${records.join("\n")}\n`);
    const batches = await readAll(journal, undefined, room(512));
    assert.ok(batches.length > 10);
    await journal.close();
    const again = await open();
    let seen = 0;
    for (const { bytes, position } of batches) {
      seen += lines(bytes).length;
      if (seen < records.length) assert.deepEqual(await linesOf(again, position, room(512)), records.slice(seen));
    }
  });

  it("wakes a reader that waits as soon as something is appended, and lets it go at the signal", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    const stop = new AbortController();
    const reading = journal.read(undefined, room(4096), stop.signal);
    const first = reading.next();
    await append(journal, "1\n");
    assert.deepEqual(lines(((await first).value as RawBatch).bytes), ["1"]);
    const second = reading.next();
    stop.abort();
    assert.equal((await second).done, true);
  });

  it("says how much is left behind a batch", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    await append(journal, "1\n", "a");
    await append(journal, "2\n", "b");
    const [first, second] = await readAll(journal);
    assert.ok((first.behind ?? 0) > 0);
    assert.equal(second.behind, 0);
  });

  it("writes requests that wait at the same moment at once", async (test) => {
    const { open } = journalFolder(test);
    let writes = 0;
    const counting: FileSystem = {
      ...fileSystem,
      writevSync: (...all) => {
        writes++;
        return fileSystem.writevSync(...all);
      },
    };
    const journal = await open({ fileSystem: counting });
    await Promise.all(Array.from({ length: 50 }, (_, index) => append(journal, `${index}\n`)));
    assert.equal(writes, 1);
    assert.equal((await linesOf(journal)).length, 50);
  });

  it("syncs once for all requests of a commit, and lets nobody read before", async (test) => {
    const { open } = journalFolder(test);
    const syncs: (() => void)[] = [];
    const slow: FileSystem = {
      ...fileSystem,
      fdatasync: ((descriptor: number, done: (error: Error | null) => void) => {
        syncs.push(() => fileSystem.fdatasync(descriptor, done));
      }) as FileSystem["fdatasync"],
    };
    const journal = await open({ fileSystem: slow, durability: "fsync" });
    let accepted = 0;
    const all = ["1\n", "2\n", "3\n"].map((text) => append(journal, text).then(() => accepted++));
    while (syncs.length === 0) await new Promise(setImmediate);
    assert.equal(accepted, 0);
    assert.equal(journal.end, 0);
    syncs[0]();
    await Promise.all(all);
    assert.equal(syncs.length, 1);
    assert.deepEqual(await linesOf(journal), ["1", "2", "3"]);
  });

  it("does not take records that end in the middle of a line", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    await assert.rejects(append(journal, "1"), /must end with a line feed/);
    assert.equal(journal.end, 0);
  });
});

describe("the journal's files", () => {
  it("are parted by size, and go when they were released", async (test) => {
    const { open, segments } = journalFolder(test);
    const journal = await open({ segmentBytes: 1000 });
    for (let index = 0; index < 30; index++) await append(journal, `"${"x".repeat(100)} ${index}"\n`);
    const before = segments().length;
    assert.ok(before > 3);
    const batches = await readAll(journal);
    journal.release({ offset: 0 });
    assert.equal(segments().length, before);
    journal.release(batches[1].position);
    assert.ok(segments().length < before);
    assert.deepEqual(
      await linesOf(journal, batches[1].position),
      batches.slice(2).flatMap(({ bytes }) => lines(bytes)),
    );
    journal.release({ offset: journal.end });
    assert.equal(segments().length, 1);
  });

  it("keep their offsets growing when all was released", async (test) => {
    const { open, lastSegment } = journalFolder(test);
    const journal = await open();
    await append(journal, `"${"x".repeat(2_000_000)}"\n`);
    const { end } = journal;
    journal.release({ offset: end });
    assert.equal(statSync(lastSegment()).size, 0);
    await journal.close();
    const again = await open();
    assert.equal(again.end, end);
    await append(again, "1\n");
    assert.deepEqual(await linesOf(again, { offset: end }), ["1"]);
  });

  it("go on at the position that was delivered when the folder was lost", async (test) => {
    const { told, open } = journalFolder(test);
    const journal = await open();
    const stop = new AbortController();
    const reading = journal.read({ offset: 12_345 }, room(4096), stop.signal);
    const first = reading.next();
    while (journal.end < 12_345) await new Promise(setImmediate);
    await append(journal, "1\n");
    const batch = (await first).value as RawBatch;
    assert.equal(journal.holds({ offset: 0 }, { offset: 12_345 }), false);
    assert.deepEqual(lines(batch.bytes), ["1"]);
    assert.ok(batch.offset > 12_345);
    assert.match(told[0].text, /ends before the position/);
    stop.abort();
  });

  it("are bounded: what does not fit is refused, until something is released", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open({ maxBytes: 10_000 });
    const record = `"${"x".repeat(1000)}"\n`;
    let taken = 0;
    await assert.rejects(async () => {
      for (;;) {
        await append(journal, record);
        taken++;
      }
    }, JournalFull);
    assert.ok(taken >= 8 && taken < 10);
    journal.release({ offset: journal.end });
    await append(journal, record);
    const together = await Promise.allSettled(Array.from({ length: 30 }, () => append(journal, record)));
    assert.ok(together.filter(({ status }) => status === "fulfilled").length < 10);
    assert.ok(journal.bytes <= 10_000);
  });

  it("are told apart from those of a newer Sluice", async (test) => {
    const { open, lastSegment } = journalFolder(test);
    const journal = await open();
    await append(journal, "1\n");
    await journal.close();
    const { crc32 } = await import("node:zlib");
    const bytes = readFileSync(lastSegment());
    bytes.writeUInt16LE(2, 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20);
    writeFileSync(lastSegment(), bytes);
    await assert.rejects(open(), /written by a newer Sluice .* move the journal's folder away/);
  });
});
