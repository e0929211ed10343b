import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { JournalFull } from "../../src/delivery/journal.ts";
import { append, journalFolder, linesOf, room } from "../support/journal.ts";

describe("a spool", () => {
  it("becomes a segment of its own once it is accepted, among other requests", async (test) => {
    const { open, segments } = journalFolder(test);
    const journal = await open();
    await append(journal, "1\n");
    const spool = journal.spool({ remote: "10.0.0.2" });
    spool.write(Buffer.from('"2a'));
    await append(journal, "3\n");
    spool.write(Buffer.from('"\n"2b"\n'));
    assert.deepEqual(await linesOf(journal), ["1", "3"]);
    await spool.accept();
    await append(journal, "4\n");
    const expected = ["1", "3", '"2a"', '"2b"', "4"];
    assert.deepEqual(await linesOf(journal), expected);
    await journal.close();
    assert.deepEqual(await linesOf(await open()), expected);
    assert.equal(segments().length, 3);
  });

  it("is read in room smaller than itself", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open();
    const spool = journal.spool({});
    const records = Array.from({ length: 2000 }, (_, index) => `{"n":${index},"text":"${"é".repeat(index % 50)}"}`);
    for (const record of records) spool.write(Buffer.from(`${record}\n`));
    await spool.accept();
    assert.deepEqual(await linesOf(journal, undefined, room(1000)), records);
  });

  it("leaves nothing behind when it is discarded, or when the program dies before it is accepted", async (test) => {
    const { folder, open } = journalFolder(test);
    const journal = await open({ maxBytes: 10_000 });
    const discarded = journal.spool({});
    discarded.write(Buffer.alloc(6000, "1"));
    discarded.discard();
    discarded.discard();
    assert.deepEqual(readdirSync(folder), []);
    const left = journal.spool({});
    left.write(Buffer.alloc(6000, "1"));
    assert.equal(readdirSync(folder).length, 1);
    await journal.close();
    const again = await open();
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(again.bytes, 0);
  });

  it("counts against the bound while it arrives", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open({ maxBytes: 10_000 });
    const spool = journal.spool({});
    spool.write(Buffer.alloc(6000, "1"));
    await assert.rejects(append(journal, `${"1".repeat(5000)}\n`), JournalFull);
    assert.throws(() => spool.write(Buffer.alloc(5000, "1")), JournalFull);
    spool.discard();
    await append(journal, `${"1".repeat(5000)}\n`);
  });

  it("that will never fit is told apart from one that does not fit now", async (test) => {
    const { open } = journalFolder(test);
    const journal = await open({ maxBytes: 10_000 });
    const never = { name: "JournalFull", neverFits: true };
    const notNow = { name: "JournalFull", neverFits: false };
    await assert.rejects(append(journal, `${"1".repeat(10_000)}\n`), never);
    await append(journal, `${"1".repeat(6000)}\n`);
    await assert.rejects(append(journal, `${"1".repeat(6000)}\n`), notNow);
    await assert.rejects(append(journal, `${"1".repeat(10_000)}\n`), never);
    const spool = journal.spool({});
    assert.throws(() => spool.write(Buffer.alloc(5000, "1")), notNow);
    journal.release({ offset: journal.end });
    spool.write(Buffer.alloc(5000, "1"));
    assert.throws(() => spool.write(Buffer.alloc(5001, "1")), never);
    spool.discard();
  });

  it("that holds nothing becomes nothing", async (test) => {
    const { folder, open } = journalFolder(test);
    const journal = await open();
    await journal.spool({}).accept();
    assert.equal(journal.end, 0);
    assert.deepEqual(readdirSync(folder), []);
  });
});
