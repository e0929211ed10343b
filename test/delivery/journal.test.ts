import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Journal, JournalFull, type JournalOptions } from "../../src/delivery/journal.ts";
import type { Log, LogFields } from "../../src/observe/log.ts";
import type { Block, Position, RawBatch } from "../../src/plugin.ts";
import type { FileSystem } from "../../src/store/file-system.ts";

let folder: string;
let told: { text: string; fields: LogFields | undefined }[];
let opened: Journal[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-"));
  told = [];
  opened = [];
});

afterEach(async () => {
  for (const journal of opened) await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

const tell = (text: string, fields?: LogFields) => void told.push({ text, fields });
const log: Log = { error: tell, warn: tell, info() {}, debug() {}, child: () => log };

async function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await Journal.open({ folder, fileSystem, log, ...options });
  opened.push(journal);
  return journal;
}

const segments = () => readdirSync(folder).filter((name) => name.endsWith(".segment"));
const lastSegment = () => join(folder, segments().at(-1) as string);
const lines = (bytes: Uint8Array) => Buffer.from(bytes).toString().split("\n").filter(Boolean);
const room = (bytes: number): (() => Block) => {
  const buffer = Buffer.alloc(bytes + 200, "x");
  return () => ({ buffer, start: 100, end: 100 + bytes });
};

/** Reads until the journal's end; the batches' bytes are copied, as their block is used again. */
async function readAll(journal: Journal, resume?: Position, block = room(4096)): Promise<RawBatch[]> {
  const batches: RawBatch[] = [];
  if ((resume?.offset ?? 0) >= journal.end) return batches;
  const stop = new AbortController();
  for await (const batch of journal.read(resume, block, stop.signal)) {
    batches.push({ ...batch, bytes: Uint8Array.from(batch.bytes) });
    if (batch.position.offset >= journal.end) break;
  }
  return batches;
}

const linesOf = async (journal: Journal, resume?: Position, block?: () => Block) =>
  (await readAll(journal, resume, block)).flatMap(({ bytes }) => lines(bytes));

const append = (journal: Journal, text: string, remote = "10.0.0.1") => journal.append(Buffer.from(text), { remote });

describe("a journal", () => {
  it("gives back the records that were appended, in order", async () => {
    const journal = await open();
    await append(journal, "1\n2\n");
    await append(journal, "3\n");
    assert.deepEqual(await linesOf(journal), ["1", "2", "3"]);
  });

  it("gives requests of one sender together, and of several apart", async () => {
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

  it("puts every record where its offset says, so that reading goes on at any of them", async () => {
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

  it("goes on after each batch's position, after a restart, too", async () => {
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

  it("reads records that are larger than the room for them", async () => {
    const journal = await open();
    const records = [10, 5000, 100, 9000, 3, 4096, 4095, 4097, 20_000].map((length) => "x".repeat(length));
    await append(journal, records.map((record) => `${record}\n`).join(""));
    await append(journal, "last\n");
    assert.deepEqual(await linesOf(journal), [...records, "last"]);
    assert.deepEqual(await linesOf(journal, undefined, room(100)), [...records, "last"]);
  });

  it("goes on between the records of a frame that is larger than the room", async () => {
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

  it("wakes a reader that waits as soon as something is appended, and lets it go at the signal", async () => {
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

  it("says how much is left behind a batch", async () => {
    const journal = await open();
    await append(journal, "1\n", "a");
    await append(journal, "2\n", "b");
    const [first, second] = await readAll(journal);
    assert.ok((first.behind ?? 0) > 0);
    assert.equal(second.behind, 0);
  });

  it("writes requests that wait at the same moment at once", async () => {
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

  it("syncs once for all requests of a commit, and lets nobody read before", async () => {
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

  it("does not take records that end in the middle of a line", async () => {
    const journal = await open();
    await assert.rejects(append(journal, "1"), /must end with a line feed/);
    assert.equal(journal.end, 0);
  });
});

describe("the journal's files", () => {
  it("are parted by size, and go when they were released", async () => {
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

  it("keep their offsets growing when all was released", async () => {
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

  it("go on at the position that was delivered when the folder was lost", async () => {
    const journal = await open();
    const stop = new AbortController();
    const reading = journal.read({ offset: 12_345 }, room(4096), stop.signal);
    const first = reading.next();
    while (journal.end < 12_345) await new Promise(setImmediate);
    await append(journal, "1\n");
    const batch = (await first).value as RawBatch;
    assert.deepEqual(lines(batch.bytes), ["1"]);
    assert.ok(batch.offset > 12_345);
    assert.match(told[0].text, /ends before the position/);
    stop.abort();
  });

  it("are bounded: what does not fit is refused, until something is released", async () => {
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

  it("are told apart from those of a newer Sluice", async () => {
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

describe("a spool", () => {
  it("becomes a segment of its own once it is accepted, among other requests", async () => {
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

  it("is read in room smaller than itself", async () => {
    const journal = await open();
    const spool = journal.spool({});
    const records = Array.from({ length: 2000 }, (_, index) => `{"n":${index},"text":"${"é".repeat(index % 50)}"}`);
    for (const record of records) spool.write(Buffer.from(`${record}\n`));
    await spool.accept();
    assert.deepEqual(await linesOf(journal, undefined, room(1000)), records);
  });

  it("leaves nothing behind when it is discarded, or when the program dies before it is accepted", async () => {
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

  it("counts against the bound while it arrives", async () => {
    const journal = await open({ maxBytes: 10_000 });
    const spool = journal.spool({});
    spool.write(Buffer.alloc(6000, "1"));
    await assert.rejects(append(journal, `${"1".repeat(5000)}\n`), JournalFull);
    assert.throws(() => spool.write(Buffer.alloc(5000, "1")), JournalFull);
    spool.discard();
    await append(journal, `${"1".repeat(5000)}\n`);
  });

  it("that holds nothing becomes nothing", async () => {
    const journal = await open();
    await journal.spool({}).accept();
    assert.equal(journal.end, 0);
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe("after a crash, a journal", () => {
  it("cuts off a last request that is not wholly there, wherever it was torn", async () => {
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
      told = [];
      const torn = await open();
      assert.equal(told.length, length === whole ? 0 : 1, `cut at ${length}`);
      await append(torn, "5\n");
      assert.deepEqual(await linesOf(torn), ["1", "2", "5"], `cut at ${length}`);
      await torn.close();
    }
    assert.match(told[0].text, /not wholly written/);
    assert.deepEqual(segments(), readdirSync(folder));
  });

  it("tells of a damaged byte wherever it is, keeps the request aside, and reads the others", async () => {
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
      told = [];
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

  it("skips a large damaged request as a whole", async () => {
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

  it("keeps aside what lies behind the last request and is none", async () => {
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

  it("goes on behind a file that somebody cut or removed", async () => {
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
      it(`refuses the request whose ${name} (number ${at}) failed, and takes the next`, async () => {
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

  it("is full where the disk is", async () => {
    const journal = await open({ fileSystem: failing(1, "ENOSPC", "writevSync") });
    await assert.rejects(append(journal, "1\n"), JournalFull);
    await append(journal, "2\n");
    assert.deepEqual(await linesOf(journal), ["2"]);
  });

  it("writes on where the system took only a part", async () => {
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
});
