import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Journal } from "../../src/delivery/journal.ts";
import { silentLog } from "../../src/observe/log.ts";
import type { Position } from "../../src/plugin.ts";
import { temporaryFolder } from "../support/folders.ts";
import { lines, readAll } from "../support/journal.ts";
import { type Fault, LEFT_OVERS, TrialDisk } from "../support/trial-disk.ts";

const MOST_CALLS = 500;

/** What senders were told, and what a reader got. */
interface Told {
  readonly sent: string[];
  readonly accepted: string[];
  readonly read: string[];
  /** Where the reader goes on. */
  position: Position | undefined;
}

const openIn = (folder: string, parts: object = {}) =>
  Journal.open({ folder, log: silentLog, segmentBytes: 400, ...parts } as never);

/** Requests of all kinds, alone and together, with a reader that goes on and lets the journal forget what it has. */
async function useJournal(journal: Journal, disk: TrialDisk, told: Told): Promise<void> {
  const take = async (text: string, accept: () => Promise<void>) => {
    told.sent.push(text);
    await accept().then(
      () => void told.accepted.push(text),
      () => {},
    );
  };
  const append = (text: string) => take(text, () => journal.append(Buffer.from(`"${text}"\n`), { remote: "a" }));
  const spool = (text: string) =>
    take(text, async () => {
      const arriving = journal.spool({ remote: "b" });
      try {
        arriving.write(Buffer.from(`"${text}`));
        arriving.write(Buffer.from(`"\n`));
        await arriving.accept();
      } finally {
        arriving.discard();
      }
    });
  for (const round of ["a", "b", "c"]) {
    await append(`${round}-alone`);
    await Promise.all([append(`${round}-one`), append(`${round}-two`), spool(`${round}-beside`)]);
    await append(`${round}-${"long".repeat(100)}`);
    await spool(`${round}-spooled`);
    if (disk.isDead) return;
    await readOn(journal, told);
    if (told.position) journal.release(told.position);
  }
  await append("last");
}

async function readOn(journal: Journal, told: Told): Promise<void> {
  for (const { bytes, position } of await readAll(journal, told.position)) {
    told.read.push(...lines(bytes).map((line) => JSON.parse(line) as string));
    told.position = position;
  }
}

/** Uses a journal on a disk that has a fault at one call. */
async function tryWith(test: TestContext, fault: Fault, at: number) {
  const folder = join(temporaryFolder(test), "journal");
  const disk = new TrialDisk(fault, at);
  const told: Told = { sent: [], accepted: [], read: [], position: undefined };
  const journal = await openIn(folder, { fileSystem: disk.fileSystem }).catch(() => undefined);
  if (journal) await useJournal(journal, disk, told);
  return { folder, disk, told, journal };
}

/** Everything that was accepted is read once; what was refused is read once at the most. */
function assertKept({ sent, accepted, read }: Told, when: string): void {
  assert.deepEqual(
    accepted.filter((text) => !read.includes(text)),
    [],
    `lost ${when}`,
  );
  assert.equal(new Set(read).size, read.length, `doubled ${when}`);
  assert.deepEqual(
    read.filter((text) => !sent.includes(text)),
    [],
    `made up ${when}`,
  );
}

describe("at whatever call the disk fails, a journal", () => {
  for (const fault of ["EIO", "ENOSPC", "short"] as const) {
    it(`gives what it accepted, that alone, and goes on: ${fault}`, async (test) => {
      for (let at = 1; at <= MOST_CALLS; at++) {
        const { folder, disk, told, journal } = await tryWith(test, fault, at);
        if (!disk.isReached) return assert.ok(at > 40, `${at} calls`);
        const when = `with ${fault} at call ${at}`;
        if (journal) {
          await readOn(journal, told);
          assert.deepEqual([...told.read].sort(), [...told.accepted].sort(), when);
          assert.ok(told.accepted.length >= told.sent.length - 3, `refuses few ${when}`);
          await journal.close();
        }
        const again = await openIn(folder, { fileSystem });
        await readOn(again, told);
        assertKept(told, when);
        await again.close();
      }
      assert.fail("the job does not end");
    });
  }

  it("has what it accepted when the program dies there, or the power is cut, whatever that leaves", async (test) => {
    for (let at = 1; at <= MOST_CALLS; at++) {
      const { folder, disk, told } = await tryWith(test, "death", at);
      if (!disk.isReached) return assert.ok(at > 40, `${at} calls`);
      mkdirSync(folder, { recursive: true });
      for (const left of LEFT_OVERS) disk.cutPower(folder, `${folder} with ${left}`, left);
      for (const left of [folder, ...LEFT_OVERS.map((left) => `${folder} with ${left}`)]) {
        const again = await openIn(left, { fileSystem });
        const all = { ...told, read: [...told.read] };
        await readOn(again, all);
        assertKept(all, `when it died at call ${at}: ${basename(left)}`);
        await again.close();
      }
    }
    assert.fail("the job does not end");
  });
});
