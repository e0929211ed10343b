import assert from "node:assert/strict";
import nodeFileSystem, { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { IntentLog } from "../../src/delivery/intent-log.ts";
import type { IntentRecord } from "../../src/delivery/intent-record.ts";
import { Health } from "../../src/observe/health.ts";
import { silentLog } from "../../src/observe/log.ts";
import type { FileSystem } from "../../src/plugin.ts";
import { type Faults, faultyFileSystem } from "../support/file-writers.ts";
import { temporaryFolder } from "../support/folders.ts";

const never = new AbortController().signal;

const intentOf = (batch: number, sink = "files"): IntentRecord => ({
  sink,
  batch,
  after: new Map([["logs", new Map([["p1", { offset: batch * 10, partly: { offset: batch * 10, child: 2 } }]])]]),
  intent: `{"line\n":${batch}}`,
});

function logIn(dataDir: string, fileSystem: FileSystem = nodeFileSystem): IntentLog {
  const health = new Health({ log: silentLog });
  return new IntentLog({ fileSystem, dataDir, health, beforeWrite: () => {}, onLarge: () => {} });
}

async function written(t: TestContext, batches: number): Promise<{ folder: string; path: string }> {
  const folder = temporaryFolder(t);
  const log = logIn(folder);
  log.begin();
  for (let batch = 1; batch <= batches; batch++) await log.append(intentOf(batch), batch === 1, never);
  await log.close();
  return { folder, path: join(folder, "intents", "1.log") };
}

test("intents are read as they were written, texts and values alike", async (t) => {
  const folder = temporaryFolder(t);
  const log = logIn(folder);
  log.begin();
  const records = [intentOf(1), { ...intentOf(2), intent: { a: [1, "\ud800"] } }, { ...intentOf(3), intent: null }];
  const { intent: _, ...passed } = intentOf(4);
  for (const record of [...records, passed]) await log.append(record, true, never);
  assert.deepEqual(logIn(folder).read(1, false), [...records, passed]);
});

test("checkpoints that fail again and again begin one generation, until a batch is recorded or settled", async (t) => {
  const folder = temporaryFolder(t);
  const log = logIn(folder);
  const generations = () => readdirSync(join(folder, "intents")).length;
  const beginOften = async () => {
    for (let times = 0; times < 3; times++) await log.begin()();
    return generations();
  };
  assert.equal(await beginOften(), 1);
  await log.append(intentOf(1), false, never);
  assert.equal(await beginOften(), 2);
  assert.deepEqual(log.read(2, false), [intentOf(1)]);
  log.settle("files");
  assert.equal(await beginOften(), 3);
  assert.deepEqual(log.read(3, false), []);
  assert.equal(log.moments, 9);
});

test("an abandoned batch is not recorded", async (t) => {
  const log = logIn(temporaryFolder(t));
  log.begin();
  await assert.rejects(log.append(intentOf(1), false, AbortSignal.abort(new Error("abandoned"))), /abandoned/);
  assert.deepEqual(log.read(1, false), []);
});

test("a generation that ends while two sinks wait for their intents is closed when both are durable", async (t) => {
  const failures: unknown[] = [];
  const faults: Faults = {
    fdatasync: ((file: number, done: (error: Error | null) => void) => {
      // As when Node's threads have other work first.
      setImmediate(() =>
        nodeFileSystem.fdatasync(file, (error) => {
          if (error) failures.push(error);
          done(error);
        }),
      );
    }) as typeof nodeFileSystem.fdatasync,
  };
  const log = logIn(temporaryFolder(t), faultyFileSystem(faults));
  log.begin();
  const first = log.append(intentOf(1), true, never);
  const second = log.append(intentOf(1, "others"), true, never);
  log.begin();
  await Promise.all([first, second]);
  assert.deepEqual(failures, []);
});

test("a record that the end of the process has torn off, at any byte, is none; those before it count", async (t) => {
  const { folder, path } = await written(t, 2);
  const whole = readFileSync(path);
  const first = logIn(folder).read(1, false)[0];
  const { length } = readFileSync((await written(t, 1)).path);
  for (let end = length; end < whole.length; end++) {
    writeFileSync(path, whole.subarray(0, end));
    assert.deepEqual(logIn(folder).read(1, false), [first]);
  }
});

test("damage before the last record is told, with what to do, and so is a file that is missing", async (t) => {
  const { folder, path } = await written(t, 3);
  const whole = readFileSync(path);
  const damaged = Buffer.from(whole);
  damaged[60] = 0x20;
  writeFileSync(path, damaged);
  assert.throws(
    () => logIn(folder).read(1, false),
    /1\.log is damaged at byte 0: .*Restore the data folder as a whole/,
  );
  assert.throws(() => logIn(folder).read(2, false), /2\.log is missing/);
});

test("once the intents since the last checkpoint have reached their bound, batches wait for a checkpoint, and say so", async (t) => {
  const health = new Health({ log: silentLog });
  let asked = 0;
  const log: IntentLog = new IntentLog({
    fileSystem: nodeFileSystem,
    dataDir: temporaryFolder(t),
    health,
    beforeWrite: () => {},
    onLarge: () => void asked++,
    mostBytes: 1,
  });
  log.begin();
  await log.append(intentOf(1), false, never);
  const second = log.append(intentOf(2), false, never);
  assert.match(health.troubles[0].reason, /^they have \d+ bytes since the last checkpoint: batches wait/);
  assert.equal(asked, 1);
  log.settle("files");
  await log.begin()();
  log.forget(log.generation);
  await second;
  assert.deepEqual(health.troubles, []);
  assert.deepEqual(log.read(2, false), [intentOf(2)]);
});

test("a generation that is missing between two others is told, with what to do, unless a crash of the machine may have taken it", async (t) => {
  const folder = temporaryFolder(t);
  const log = logIn(folder);
  for (let batch = 1; batch <= 3; batch++) {
    log.begin();
    await log.append(intentOf(batch), true, never);
    log.settle("files");
  }
  await log.close();
  rmSync(join(folder, "intents", "2.log"));
  for (const since of [0, 1]) {
    assert.throws(() => logIn(folder).read(since, false), /2\.log is missing: .*Restore the data folder as a whole/);
  }
  assert.deepEqual(logIn(folder).read(1, true), [intentOf(1), intentOf(3)]);
  assert.deepEqual(logIn(folder).read(3, false), [intentOf(3)]);
});

test("after a crash of the machine only what had been synced must be sound", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "intents", "1.log");
  const log = logIn(folder);
  log.begin();
  await log.append(intentOf(1), true, never);
  const durable = readFileSync(path).length;
  for (const batch of [2, 3]) await log.append(intentOf(batch), false, never);
  const bytes = readFileSync(path);
  bytes.fill(0, durable, durable + 20);
  writeFileSync(path, bytes);
  assert.deepEqual(
    logIn(folder)
      .read(1, true)
      .map(({ batch }) => batch),
    [1, 3],
  );
  bytes.fill(0, 0, 20);
  writeFileSync(path, bytes);
  assert.throws(() => logIn(folder).read(1, true), /is damaged at byte 0/);
});

test("a generation begins with the intents in flight, and those before it are forgotten", async (t) => {
  const folder = temporaryFolder(t);
  const log = logIn(folder);
  await log.begin()();
  await log.append(intentOf(1, "one"), true, never);
  await log.append(intentOf(1, "other"), true, never);
  log.settle("one");
  await log.begin()();
  log.forget(log.generation);
  assert.deepEqual(readdirSync(log.folder), ["2.log"]);
  assert.deepEqual(logIn(folder).read(2, false), [intentOf(1, "other")]);
});

test("a sync that failed is never believed, though the next one succeeds: the intent goes to another generation", async (t) => {
  const folder = temporaryFolder(t);
  const failing = { ...nodeFileSystem };
  let syncs = 0;
  const fdatasync = (file: number, done: (error: Error | null) => void) => {
    if (++syncs === 2) done(Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" }));
    else nodeFileSystem.fdatasync(file, done);
  };
  const log = logIn(folder, { ...failing, fdatasync: fdatasync as FileSystem["fdatasync"] });
  log.begin();
  await log.append(intentOf(1), true, never);
  await log.append(intentOf(2), true, never);
  assert.equal(log.generation, 2);
  truncateSync(join(log.folder, "1.log"), 0);
  assert.deepEqual(logIn(folder).read(2, false), [intentOf(2)]);
});

test("a write that failed half way leaves nothing behind", async (t) => {
  const folder = temporaryFolder(t);
  let writes = 0;
  const writevSync = (file: number, chunks: readonly Uint8Array[], position: number) => {
    writes++;
    if (writes === 2) return nodeFileSystem.writevSync(file, [chunks[0] as Uint8Array], position);
    if (writes === 3) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    return nodeFileSystem.writevSync(file, chunks, position);
  };
  const log = logIn(folder, { ...nodeFileSystem, writevSync: writevSync as FileSystem["writevSync"] });
  log.begin();
  await log.append(intentOf(1), true, never);
  await log.append(intentOf(2), true, never);
  assert.ok(writes > 3);
  assert.deepEqual(logIn(folder).read(1, false), [intentOf(1), intentOf(2)]);
});
