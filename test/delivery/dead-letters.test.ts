import assert from "node:assert/strict";
import nodeFileSystem, { fstatSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { DeadLetters } from "../../src/delivery/dead-letters.ts";
import { Health } from "../../src/observe/health.ts";
import { silentLog } from "../../src/observe/log.ts";
import { type Faults, faultyFileSystem } from "../support/file-writers.ts";
import { temporaryFolder } from "../support/folders.ts";

const never = new AbortController().signal;

const letterOf = (offset: number) => ({
  reason: "no event",
  component: "filters[0]",
  source: "logs",
  partition: "p1",
  offset,
  bytes: Buffer.from(`letter ${offset}`),
});

function lettersIn(t: TestContext, faults: Faults = {}): DeadLetters {
  const path = join(temporaryFolder(t), "letters", "dead.ndjson");
  const health = new Health({ log: silentLog });
  return new DeadLetters({ path, maxBytes: 1 << 20, fileSystem: faultyFileSystem(faults), health });
}

test("a file that somebody moves away before it was synced holds up no checkpoint", async (t) => {
  const letters = lettersIn(t);
  await letters.write([letterOf(1)], never);
  renameSync(letters.path, `${letters.path}.1`);
  await letters.sync();
  await letters.write([letterOf(2)], never);
  await letters.sync();
  assert.match(readFileSync(letters.path, "utf8"), /letter 2/);
});

test("the name of a file that was made is durable with what is in it", async (t) => {
  const synced: number[] = [];
  const faults: Faults = {
    fsync: ((file: number, done: (error: Error | null) => void) => {
      synced.push(fstatSync(file).ino);
      nodeFileSystem.fsync(file, done);
    }) as typeof nodeFileSystem.fsync,
    fsyncSync: (file) => {
      synced.push(fstatSync(file).ino);
      nodeFileSystem.fsyncSync(file);
    },
  };
  const letters = lettersIn(t, faults);
  const folder = dirname(letters.path);
  await letters.write([letterOf(1)], never);
  await letters.sync();
  assert.ok(synced.includes(statSync(folder).ino));
  assert.ok(synced.includes(statSync(dirname(folder)).ino));
  synced.length = 0;
  await letters.write([letterOf(2)], never);
  await letters.sync();
  assert.deepEqual(synced, []);
});

test("what was abandoned writes no letter any more: its events come again", async (t) => {
  const letters = lettersIn(t);
  const abandoned = AbortSignal.abort(new Error("abandoned"));
  await assert.rejects(letters.write([letterOf(1)], abandoned), /abandoned/);
  await letters.write([letterOf(2)], never);
  assert.equal(readFileSync(letters.path, "utf8").trim().split("\n").length, 1);
});
