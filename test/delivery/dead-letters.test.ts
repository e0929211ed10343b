import assert from "node:assert/strict";
import nodeFileSystem, { fstatSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { DeadLetters } from "../../src/delivery/dead-letters.ts";
import { Health } from "../../src/observe/health.ts";
import { type Log, silentLog } from "../../src/observe/log.ts";
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

function lettersIn(t: TestContext, faults: Faults = {}, log: Log = silentLog): DeadLetters {
  const path = join(temporaryFolder(t), "letters", "dead.ndjson");
  const health = new Health({ log: silentLog });
  return new DeadLetters({ path, maxBytes: 1 << 20, fileSystem: faultyFileSystem(faults), health, log });
}

test("who makes dead letters is told at once, and then at most once a minute, without what they hold", async (t) => {
  const lines: string[] = [];
  const logOf = (component: string): Log => ({
    ...silentLog,
    warn: (text, fields) => void lines.push(`${component}: ${text} ${JSON.stringify(fields)}`),
    child: logOf,
  });
  const letters = lettersIn(t, {}, logOf(""));
  await letters.write([letterOf(1), { ...letterOf(2), records: 5 }], never);
  await letters.write([letterOf(3), { ...letterOf(4), component: "sinks.search" }], never);
  assert.deepEqual(lines, [
    `filters[0]: refused what is now in the dead letters, with the reasons {"records":6,"path":"${letters.path}"}`,
    `sinks.search: refused what is now in the dead letters, with the reasons {"records":1,"path":"${letters.path}"}`,
  ]);
});

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
