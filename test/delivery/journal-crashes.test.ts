import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
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
