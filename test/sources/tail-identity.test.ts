import assert from "node:assert/strict";
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Position } from "../../src/plugin.ts";
import { temporaryFolder } from "../support/folders.ts";
import { ROTATE_WAIT_MS } from "./tail-driven.ts";
import { again, ended, event, events, numbers, range, run, started } from "./tail-fixture.ts";

test("a file that was born at another time is another partition, though it has the inode and what was read of it", async (t) => {
  const { folder, path, tail } = await started(t);
  await tail.stop();
  appendFileSync(path, event(21));
  const [[partition, position]] = [...tail.positions] as [[string, Position]];
  const detail = position.detail as { readonly birth: number };
  const before = { ...position, detail: { ...detail, birth: detail.birth - 1 } };
  const next = await run(t, folder, new Map([[partition, before]]));
  assert.deepEqual(numbers(next), range(1, 21));
  assert.deepEqual(ended(next), [partition]);
  const same = await run(t, folder, new Map([[partition, position]]));
  assert.deepEqual(numbers(same), [21]);
});

test("a file that was written anew in its place, from the same first KiB on, is another partition", async (t) => {
  const { folder, path, tail } = await started(t);
  await tail.stop();
  writeFileSync(path, events(1, 15) + events(30, 50));
  const next = await run(t, folder, tail.positions);
  assert.deepEqual(numbers(next), [...range(1, 15), ...range(30, 50)]);
  assert.deepEqual(ended(next), [...tail.positions.keys()]);
});

test("a file that is truncated and grows beyond its old length between two looks is read from its beginning", async (t) => {
  const { path, tail } = await started(t);
  truncateSync(path);
  appendFileSync(path, events(30, 60));
  await tail.pass(100);
  assert.deepEqual(numbers(tail), [...range(1, 20), ...range(30, 60)]);
  assert.equal(ended(tail).length, 1);
});

test("so is one that has its old length again", async (t) => {
  const { path, tail } = await started(t);
  truncateSync(path);
  appendFileSync(path, events(30, 49));
  await tail.pass(100);
  assert.deepEqual(numbers(tail), [...range(1, 20), ...range(30, 49)]);
});

test("after a restart a rotated file is found under a name that no glob matches, read to its end, and forgotten when it is gone", async (t) => {
  const { folder, path, tail } = await started(t);
  await tail.stop();
  appendFileSync(path, event(21));
  renameSync(path, join(folder, "zzz"));
  writeFileSync(path, event(23));
  appendFileSync(join(folder, "zzz"), event(22));
  const next = await run(t, folder, tail.positions);
  assert.deepEqual(numbers(next), range(21, 23));
  appendFileSync(join(folder, "zzz"), event(24));
  await next.pass(2 * ROTATE_WAIT_MS);
  assert.deepEqual(numbers(next), range(21, 24));
  const last = await again(t, folder, next);
  rmSync(join(folder, "zzz"));
  await last.pass(2 * ROTATE_WAIT_MS);
  assert.deepEqual(numbers(last), []);
  assert.deepEqual(ended(last), [...tail.positions.keys()]);
  assert.equal(last.positions.size, 1);
});

test("a file that is renamed out of the globs and back again is the same", async (t) => {
  const { folder, path, tail } = await started(t);
  renameSync(path, join(folder, "aside"));
  await tail.pass(2 * ROTATE_WAIT_MS);
  renameSync(join(folder, "aside"), path);
  appendFileSync(path, event(21));
  await tail.pass(1000);
  assert.deepEqual(numbers(tail), range(1, 21));
});

test("of two generations in the record the newest is the file's, and the older ends once", async (t) => {
  const { folder, path, tail } = await started(t);
  const [old] = tail.positions;
  truncateSync(path);
  appendFileSync(path, events(30, 32));
  await tail.pass(100);
  await tail.stop();
  assert.ok(old);
  const next = await run(t, folder, new Map([old, ...tail.positions]));
  appendFileSync(path, event(33));
  await next.pass(2 * ROTATE_WAIT_MS);
  assert.deepEqual(numbers(next), [33]);
  assert.deepEqual(ended(next), [old[0]]);
});

test("a partition whose file is gone for good ends once; one whose volume is empty waits for it", async (t) => {
  const { folder, path, tail } = await started(t, { paths: ["volume/logs/a.log", "a.log"] });
  const logs = join(folder, "volume/logs");
  mkdirSync(logs, { recursive: true });
  renameSync(path, join(logs, "a.log"));
  await tail.pass(1000);
  await tail.stop();
  renameSync(logs, join(folder, "elsewhere"));
  const next = await run(t, folder, tail.positions, { paths: ["volume/logs/a.log"] });
  await next.pass(2 * ROTATE_WAIT_MS);
  mkdirSync(logs);
  await next.pass(2000);
  assert.deepEqual(ended(next), []);
  rmSync(logs, { recursive: true });
  renameSync(join(folder, "elsewhere"), logs);
  appendFileSync(join(logs, "a.log"), event(21));
  await next.pass(2000);
  assert.deepEqual(numbers(next), [21]);
  await next.stop();
  renameSync(join(logs, "a.log"), join(folder, "gone"));
  writeFileSync(join(logs, "other"), "");
  const last = await run(t, folder, new Map([...tail.positions, ...next.positions]), { paths: ["volume/logs/a.log"] });
  await last.pass(ROTATE_WAIT_MS);
  assert.deepEqual(ended(last), [...tail.positions.keys()]);
});

test("a partition whose folder was removed while nothing read, with others beside it, ends once", async (t) => {
  const folder = temporaryFolder(t);
  for (const pod of ["one", "other"]) {
    mkdirSync(join(folder, pod, "container"), { recursive: true });
    writeFileSync(join(folder, pod, "container/0.log"), event(1));
  }
  const paths = ["*/container/*.log"];
  const tail = await run(t, folder, new Map(), { paths });
  await tail.stop();
  const removed = [...tail.positions.keys()].filter((partition) =>
    tail.brought.some((batch) => batch.partition === partition && batch.path?.includes("/one/")),
  );
  rmSync(join(folder, "one"), { recursive: true });
  const next = await run(t, folder, tail.positions, { paths });
  await next.pass(2000);
  assert.equal(removed.length, 1);
  assert.deepEqual(ended(next), removed);
});

test("a link that switches to another file, as Kubernetes rotates: both are read to their ends, over restarts", async (t) => {
  const folder = temporaryFolder(t);
  const pods = join(folder, "pods");
  mkdirSync(join(folder, "containers"));
  mkdirSync(pods);
  const link = join(folder, "containers", "api.log");
  writeFileSync(join(pods, "0.log"), event(1));
  symlinkSync(join(pods, "0.log"), link);
  const options = { paths: ["containers/*.log"] };
  const tail = await run(t, folder, new Map(), options);
  appendFileSync(join(pods, "0.log"), event(2));
  renameSync(join(pods, "0.log"), join(pods, "0.log.20261122"));
  writeFileSync(join(pods, "0.log"), event(3));
  await tail.pass(1000);
  assert.deepEqual(numbers(tail), range(1, 3));
  assert.equal(tail.brought.at(-1)?.path, link);
  await tail.stop();
  appendFileSync(join(pods, "0.log"), event(4));
  renameSync(join(pods, "0.log"), join(pods, "0.log.20261123"));
  writeFileSync(join(pods, "1.log"), event(5));
  unlinkSync(link);
  symlinkSync(join(pods, "1.log"), link);
  const next = await run(t, folder, tail.positions, options);
  assert.deepEqual(numbers(next), [4, 5]);
});

test("rotated files are read oldest first, each to its end, before the log", async (t) => {
  const folder = temporaryFolder(t);
  const names = ["a.log.3", "a.log.2", "a.log.1", "a.log"];
  for (const [index, name] of names.entries()) {
    writeFileSync(join(folder, name), events(100 * index, 100 * index + 99));
    utimesSync(join(folder, name), 1000 + index, 1000 + index);
  }
  const tail = await run(t, folder, new Map(), { paths: ["*"], blockBytes: 1 << 12 });
  assert.deepEqual(numbers(tail), range(0, 399));
});

test("a long file holds up what is younger in its own folder, and no other folder's", async (t) => {
  const folder = temporaryFolder(t);
  for (const name of ["long", "short"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "long/a.log"), events(100, 999));
  writeFileSync(join(folder, "long/b.log"), events(1000, 1001));
  writeFileSync(join(folder, "short/a.log"), events(1, 2));
  utimesSync(join(folder, "long/a.log"), 1000, 1000);
  const tail = await run(t, folder, new Map(), { paths: ["*/*"], blockBytes: 1 << 12 });
  const read = numbers(tail);
  assert.ok(read.indexOf(1) < read.indexOf(500), `of the other folder at ${read.indexOf(1)}`);
  assert.deepEqual(
    read.filter((number) => number >= 100),
    range(100, 1001),
  );
});

test("what was written before a rotation is read before what was written behind it", async (t) => {
  const { folder, path, tail } = await started(t, { paths: ["*"], blockBytes: 1 << 12 });
  appendFileSync(path, events(21, 300));
  renameSync(path, join(folder, "a.log.1"));
  writeFileSync(path, events(301, 600));
  await tail.pass(1000);
  assert.deepEqual(numbers(tail), range(1, 600));
});

test("hard links are one file", async (t) => {
  const { folder, path, tail } = await started(t, { paths: ["*"] });
  linkSync(path, join(folder, "b.log"));
  appendFileSync(path, event(21));
  await tail.pass(2000);
  assert.deepEqual(numbers(tail), range(1, 21));
});
