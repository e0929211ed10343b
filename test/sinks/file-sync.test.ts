import assert from "node:assert/strict";
import nodeFileSystem, { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { failure, tryWriter } from "../support/file-writers.ts";

/** A writer that tells what it syncs: paths from the base folder, `(file system)` for all of it. */
function trySync(context: TestContext, options: { maxOpenFiles?: number; hasSystemSync?: boolean } = {}) {
  const { hasSystemSync = true } = options;
  const synced: string[] = [];
  const trial = tryWriter(context, {
    ...options,
    syncFileSystem: async () => {
      if (hasSystemSync) synced.push("(file system)");
      return hasSystemSync;
    },
  });
  const record = (descriptor: number) => {
    const path = nodeFileSystem.readlinkSync(`/proc/self/fd/${descriptor}`);
    synced.push(path === trial.base ? "" : path.slice(trial.base.length + 1));
  };
  trial.faults.fdatasync = ((descriptor, done) => {
    record(descriptor);
    nodeFileSystem.fdatasync(descriptor, done);
  }) as typeof nodeFileSystem.fdatasync;
  trial.faults.fsync = ((descriptor, done) => {
    record(descriptor);
    nodeFileSystem.fsync(descriptor, done);
  }) as typeof nodeFileSystem.fsync;
  return {
    ...trial,
    trial,
    async sync() {
      synced.length = 0;
      await trial.writer.sync();
      return synced.sort();
    },
  };
}

const many = (text: string) => Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`u${index}/log`, text]));

test("the first sync is one of the whole file system, as nobody knows what a process before has left", async (context) => {
  const { append, sync } = trySync(context);
  assert.deepEqual(await sync(), ["(file system)"]);
  append({ a: "1\n" });
  assert.deepEqual(await sync(), ["", "a"]);
});

test("where the system has no way to do that, each file and folder there is synced", async (context) => {
  const { append, sync, trial } = trySync(context, { hasSystemSync: false });
  append({ a: "1\n", "u/b": "1\n", "u/deep/c": "1\n" });
  trial.restart();
  assert.deepEqual(await sync(), ["", "a", "u", "u/b", "u/deep", "u/deep/c"]);
  assert.deepEqual(await sync(), []);
});

test("a base folder that is not there yet needs no sync", async (context) => {
  const { base, sync } = trySync(context, { hasSystemSync: false });
  rmSync(base, { recursive: true });
  assert.deepEqual(await sync(), []);
});

test("few files are synced one by one, with the folders that they were born in", async (context) => {
  const { append, sync } = trySync(context, { maxOpenFiles: 1 });
  await sync();
  append({ a: "1\n", "u/deep/b": "1\n", "u/deep/c": "1\n" });
  assert.deepEqual(await sync(), ["", "a", "u", "u/deep", "u/deep/b", "u/deep/c"]);
  append({ a: "2\n", "u/deep/c": "2\n" });
  append({ a: "3\n" });
  assert.deepEqual(await sync(), ["a", "u/deep/c"]);
  assert.deepEqual(await sync(), []);
});

test("many files are synced with their file system, or each where it cannot be", async (context) => {
  const { append, sync } = trySync(context);
  await sync();
  append(many("1\n"));
  assert.deepEqual(await sync(), ["(file system)"]);
  const without = trySync(context, { hasSystemSync: false });
  await without.sync();
  without.append(many("1\n"));
  assert.equal((await without.sync()).length, 1 + 40 + 40);
  without.append(many("2\n"));
  assert.equal((await without.sync()).length, 40);
});

test("a batch is the first to touch a file once after each sync, and when the file is born", async (context) => {
  const { prepare, append, sync, base, clock } = trySync(context);
  const isFirst = (texts: Record<string, string>) => {
    const prepared = prepare(texts);
    return "isFirst" in prepared && prepared.isFirst;
  };
  assert.equal(isFirst({ a: "1\n" }), true);
  assert.equal(isFirst({ a: "1\n" }), true);
  append({ a: "1\n", b: "1\n" });
  assert.equal(isFirst({ a: "2\n", b: "2\n" }), false);
  assert.equal(isFirst({ a: "2\n", c: "2\n" }), true);
  const syncing = sync();
  assert.equal(isFirst({ a: "2\n" }), true);
  await syncing;
  append({ a: "2\n" });
  assert.equal(isFirst({ a: "3\n" }), false);
  renameSync(join(base, "a"), join(base, "a.1"));
  clock.now += 1000;
  assert.equal(isFirst({ a: "3\n" }), true);
});

test("what is written while a sync is under way is left to the next one", async (context) => {
  const { append, sync, faults } = trySync(context);
  await sync();
  append({ a: "1\n" });
  const fdatasync = faults.fdatasync as typeof nodeFileSystem.fdatasync;
  faults.fdatasync = ((descriptor: number, done: () => void) => {
    append({ a: "2\n", b: "1\n" });
    faults.fdatasync = fdatasync;
    fdatasync(descriptor, done);
  }) as typeof nodeFileSystem.fdatasync;
  assert.deepEqual(await sync(), ["", "a"]);
  assert.deepEqual(await sync(), ["", "a", "b"]);
});

test("a sync that failed is told, and what it owed is owed by the next one", async (context) => {
  const { append, sync, faults } = trySync(context);
  await sync();
  append({ a: "1\n", "u/b": "1\n" });
  const { fdatasync, fsync } = faults;
  for (const name of ["fdatasync", "fsync"] as const) {
    faults[name] = ((_descriptor: number, done: (error: Error) => void) => done(failure("EIO"))) as never;
    await assert.rejects(sync(), { code: "EIO", message: /^cannot sync .+: EIO: the disk said so$/ });
    Object.assign(faults, { fdatasync, fsync });
  }
  append({ c: "1\n" });
  assert.deepEqual(await sync(), ["", "a", "c", "u", "u/b"]);
});

test("a folder that the file system has no way to sync does not fail the others", async (context) => {
  const { append, sync, faults } = trySync(context);
  await sync();
  faults.fsync = ((_descriptor: number, done: (error: Error) => void) => done(failure("EINVAL"))) as never;
  append({ "u/b": "1\n" });
  assert.deepEqual(await sync(), ["u/b"]);
});

test("what the system says when a file is closed counts as a sync that failed", async (context) => {
  const { append, sync, faults } = trySync(context, { maxOpenFiles: 1 });
  await sync();
  append({ a: "1\n" });
  faults.closeSync = (descriptor) => {
    nodeFileSystem.closeSync(descriptor);
    throw failure("EDQUOT");
  };
  append({ b: "1\n" });
  delete faults.closeSync;
  await assert.rejects(sync(), { code: "EDQUOT" });
  assert.deepEqual(await sync(), ["", "a", "b"]);
});

test("a file that is moved before it is synced is synced all the same", async (context) => {
  const { append, sync, base, clock } = trySync(context);
  await sync();
  append({ a: "1\n" });
  renameSync(join(base, "a"), join(base, "a.1"));
  assert.deepEqual(await sync(), ["", "a.1"]);
  const evicted = trySync(context, { maxOpenFiles: 1 });
  await evicted.sync();
  evicted.append({ a: "1\n", b: "1\n" });
  renameSync(join(evicted.base, "a"), join(evicted.base, "a.1"));
  assert.deepEqual(await evicted.sync(), ["", "(file system)", "b"]);
  let syncs = 0;
  evicted.faults.fdatasyncSync = (descriptor) => {
    syncs++;
    nodeFileSystem.fdatasyncSync(descriptor);
  };
  renameSync(join(evicted.base, "b"), join(evicted.base, "b.1"));
  evicted.clock.now += 1000;
  evicted.append({ b: "2\n" });
  assert.equal(syncs, 1);
  assert.equal(clock.now, 0);
});

test("a file that is moved and not found is not believed to be synced where nothing syncs the whole file system", async (context) => {
  const { append, sync, base } = trySync(context, { maxOpenFiles: 1, hasSystemSync: false });
  await sync();
  for (const others of [{}, many("1\n")]) {
    append({ a: "1\n", ...others, b: "1\n" });
    renameSync(join(base, "a"), join(base, "a.1"));
    await assert.rejects(sync(), /^Error: cannot sync all below .+: a file was moved or removed before it was synced$/);
    assert.deepEqual(await sync(), []);
  }
});

test("what a batch that was undone had touched is synced, too", async (context) => {
  const { append, intentOf, write, sync, trial } = trySync(context);
  append({ a: "1\n" });
  await sync();
  const intent = intentOf({ a: "2\n", "new/b": "2\n" });
  write({ a: "2\n", "new/b": "2\n" });
  trial.writer.recover([intent], "undo");
  assert.deepEqual(await sync(), ["", "(file system)", "a", "new"]);
});

test("a file that was moved while it was closed is synced, though another one has its path by then", async (context) => {
  const { append, sync, base, clock } = trySync(context, { maxOpenFiles: 1 });
  await sync();
  append({ a: "1\n", b: "1\n" });
  renameSync(join(base, "a"), join(base, "a.1"));
  clock.now += 1000;
  append({ a: "2\n" });
  assert.deepEqual(await sync(), ["(file system)"]);
  append({ a: "3\n" });
  assert.deepEqual(await sync(), ["a"]);
});

test("a moved file that a failed sync owes is owed by the next one, though another one has its path by then", async (context) => {
  const { append, sync, base, clock, faults } = trySync(context, { maxOpenFiles: 1 });
  await sync();
  append({ a: "1\n", b: "1\n" });
  const { fdatasync } = faults;
  faults.fdatasync = ((_descriptor: number, done: (error: Error) => void) => done(failure("EIO"))) as never;
  await assert.rejects(sync(), { code: "EIO" });
  Object.assign(faults, { fdatasync });
  renameSync(join(base, "a"), join(base, "a.1"));
  clock.now += 1000;
  append({ a: "2\n" });
  assert.deepEqual(await sync(), ["(file system)"]);
});

test("what the system says when a file is closed while it is being synced fails that sync", async (context) => {
  const { append, sync, faults } = trySync(context, { maxOpenFiles: 1 });
  await sync();
  append({ a: "1\n" });
  const { fdatasync } = faults;
  const begun = new Promise<() => void>((begin) => {
    faults.fdatasync = ((descriptor, done) =>
      begin(() => nodeFileSystem.fdatasync(descriptor, done))) as typeof nodeFileSystem.fdatasync;
  });
  const failing = assert.rejects(sync(), { code: "EDQUOT" });
  const goOn = await begun;
  faults.closeSync = (descriptor) => {
    nodeFileSystem.closeSync(descriptor);
    throw failure("EDQUOT");
  };
  append({ b: "1\n" });
  delete faults.closeSync;
  Object.assign(faults, { fdatasync });
  goOn();
  await failing;
  assert.deepEqual(await sync(), ["", "a", "b"]);
});
