import assert from "node:assert/strict";
import * as fs from "node:fs";
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { FileSystem, Position } from "../../src/plugin.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import { type DrivenOptions, DrivenTail, ROTATE_WAIT_MS } from "./tail-driven.ts";

const event = (n: number): string => `${`{"n":${n}}`.padEnd(99)}\n`;
const events = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index)).join("");
const numbers = (tail: DrivenTail): number[] => tail.lines.map((line) => JSON.parse(line).n);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const ended = (tail: DrivenTail): string[] =>
  tail.brought.filter((batch) => batch.ended).map(({ partition }) => partition);

/** A log of twenty events, and a tail that has read them. */
async function started(t: TestContext, options: DrivenOptions = { paths: ["a.log"] }) {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, events(1, 20));
  // A birth time is believed once the file was changed after it.
  await until("the file is older than its birth", () => {
    utimesSync(path, new Date(), new Date());
    const { birthtimeMs, ctimeMs } = statSync(path);
    return ctimeMs > birthtimeMs;
  });
  const tail = await run(t, folder, new Map(), options);
  assert.deepEqual(numbers(tail), range(1, 20));
  return { folder, path, tail };
}

async function run(t: TestContext, folder: string, resume: ReadonlyMap<string, Position>, options?: DrivenOptions) {
  const tail = new DrivenTail(folder, resume, options ?? { paths: ["a.log"] });
  t.after(() => tail.stop());
  return tail.pass();
}

const again = async (t: TestContext, folder: string, before: DrivenTail, options?: DrivenOptions) => {
  await before.stop();
  return run(t, folder, before.positions, options);
};

test("a new file of a removed one's inode and with the same content before the position is another partition", async (t) => {
  const { folder, path, tail } = await started(t);
  const { ino } = statSync(path);
  await tail.stop();
  unlinkSync(path);
  await until("the inode is given to the new file", () => {
    writeFileSync(path, events(1, 25));
    if (statSync(path).ino === ino) return true;
    renameSync(path, join(folder, `other-${Math.random()}`));
    return false;
  });
  const next = await run(t, folder, tail.positions);
  assert.deepEqual(numbers(next), range(1, 25));
  assert.deepEqual(ended(next), [...tail.positions.keys()]);
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

test("what is behind the last line end may be taken back, and written anew", async (t) => {
  const { path, tail } = await started(t);
  appendFileSync(path, '{"n":2');
  await tail.pass(100);
  truncateSync(path, 2000);
  await tail.pass(100);
  appendFileSync(path, event(33));
  await tail.pass(100);
  assert.deepEqual(numbers(tail), [...range(1, 20), 33]);
  assert.deepEqual(ended(tail), []);
});

test("copy and truncate: what the tail had not read yet is read from the copy", async (t) => {
  const { folder, path, tail } = await started(t);
  appendFileSync(path, event(21));
  copyFileSync(path, join(folder, "a.log.1"));
  truncateSync(path);
  appendFileSync(path, event(22));
  await tail.pass(1000);
  assert.deepEqual(numbers(tail), range(1, 22));
});

test("copy and truncate while nothing reads: the copy is read from the position, and the log from its beginning", async (t) => {
  for (const paths of [["a.log"], ["a.log*"]]) {
    const { folder, path, tail } = await started(t, { paths });
    await tail.stop();
    appendFileSync(path, events(21, 22));
    copyFileSync(path, join(folder, "a.log.1"));
    truncateSync(path);
    appendFileSync(path, events(23, 60));
    const next = await run(t, folder, tail.positions, { paths });
    assert.deepEqual(numbers(next), range(21, 60));
    const last = await again(t, folder, next, { paths });
    assert.deepEqual(numbers(last), []);
  }
});

test("a copy that is being made is not read beside its original, and is not new when that is truncated", async (t) => {
  const { folder, path, tail } = await started(t, { paths: ["a.log*"] });
  writeFileSync(join(folder, "a.log.1"), events(1, 9));
  await tail.pass(2000);
  appendFileSync(path, event(21));
  await tail.pass(1000);
  writeFileSync(join(folder, "a.log.1"), events(1, 22));
  truncateSync(path);
  appendFileSync(path, event(23));
  await tail.pass(2 * ROTATE_WAIT_MS);
  assert.deepEqual(numbers(tail), range(1, 23));
  const next = await again(t, folder, tail, { paths: ["a.log*"] });
  assert.deepEqual(numbers(next), []);
});

test("a copy that was finished before the last of the original was read is not read again", async (t) => {
  const { folder, path, tail } = await started(t, { paths: ["a.log*"] });
  copyFileSync(path, join(folder, "a.log.1"));
  appendFileSync(path, event(21));
  await tail.pass(100);
  truncateSync(path);
  await tail.pass(2 * ROTATE_WAIT_MS);
  const next = await again(t, folder, tail, { paths: ["a.log*"] });
  assert.deepEqual([...numbers(tail), ...numbers(next)], range(1, 21));
});

test("a file that begins like another, and goes on otherwise, is read at once", async (t) => {
  const { folder, tail } = await started(t, { paths: ["*.log"] });
  writeFileSync(join(folder, "b.log"), events(1, 5) + event(77));
  await tail.pass(1000);
  assert.equal(numbers(tail).at(-1), 77);
});

test("a copy of a log that goes on is a log of its own once it is quiet", async (t) => {
  const { folder, path, tail } = await started(t, { paths: ["*.log"] });
  copyFileSync(path, join(folder, "b.log"));
  await tail.pass(2 * ROTATE_WAIT_MS);
  assert.deepEqual(numbers(tail), [...range(1, 20), ...range(1, 20)]);
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

test("a partition whose file is gone for good ends once; one whose folder is empty or missing waits for it", async (t) => {
  const { folder, path, tail } = await started(t, { paths: ["logs/a.log", "a.log"] });
  const logs = join(folder, "logs");
  mkdirSync(logs);
  renameSync(path, join(logs, "a.log"));
  await tail.pass(1000);
  await tail.stop();
  renameSync(logs, `${logs}-elsewhere`);
  const next = await run(t, folder, tail.positions, { paths: ["logs/a.log"] });
  await next.pass(2 * ROTATE_WAIT_MS);
  mkdirSync(logs);
  await next.pass(2000);
  assert.deepEqual(ended(next), []);
  rmSync(logs, { recursive: true });
  renameSync(`${logs}-elsewhere`, logs);
  appendFileSync(join(logs, "a.log"), event(21));
  await next.pass(2000);
  assert.deepEqual(numbers(next), [21]);
  await next.stop();
  renameSync(join(logs, "a.log"), join(folder, "gone"));
  writeFileSync(join(logs, "other"), "");
  const last = await run(t, folder, new Map([...tail.positions, ...next.positions]), { paths: ["logs/a.log"] });
  await last.pass(ROTATE_WAIT_MS);
  assert.deepEqual(ended(last), [...tail.positions.keys()]);
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

test("zero bytes where a writer went on in a truncated file are passed over, and what follows is read", async (t) => {
  const { path, tail } = await started(t);
  truncateSync(path);
  truncateSync(path, 3 << 20);
  appendFileSync(path, events(21, 23));
  await tail.pass(100);
  assert.deepEqual(numbers(tail), range(1, 23));
  assert.equal(
    tail.brought.some(({ refused }) => refused),
    false,
  );
});

test("the last line of a rotated file: taken where it is whole, refused by reference where it is not", async (t) => {
  for (const [rest, taken] of [
    ['{"n":21}', true],
    ['{"n":21', false],
  ] as const) {
    const { folder, path, tail } = await started(t);
    appendFileSync(path, rest);
    renameSync(path, join(folder, "a.log.1"));
    await tail.pass(1000);
    assert.deepEqual(numbers(tail), range(1, 20));
    await tail.pass(2 * ROTATE_WAIT_MS);
    assert.deepEqual(numbers(tail), range(1, taken ? 21 : 20));
    const refused = tail.brought.flatMap((batch) => batch.refused ?? []);
    assert.deepEqual(
      refused.map(({ offset, byteLength }) => [offset, byteLength]),
      taken ? [] : [[2000, rest.length]],
    );
    assert.equal(tail.context.counters.get("unfinished_lines"), taken ? undefined : 1);
  }
});

test("a file that cannot be read is told once, and read later; the others go on meanwhile", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), events(1, 2));
  writeFileSync(join(folder, "b.log"), events(3, 4));
  for (const code of ["EMFILE", "EACCES", "EIO"]) {
    let isBroken = true;
    const openSync = ((path: string, flags: number) => {
      if (isBroken && path.endsWith("a.log")) throw Object.assign(new Error(code), { code });
      return fs.openSync(path, flags);
    }) as FileSystem["openSync"];
    const tail = await run(t, folder, new Map(), { parts: { fileSystem: { ...fs, openSync } } });
    await tail.stop();
    const both = new DrivenTail(folder, new Map(), { parts: { fileSystem: { ...fs, openSync } } });
    t.after(() => both.stop());
    await both.pass(5000);
    assert.deepEqual(numbers(both), [3, 4]);
    assert.deepEqual(both.context.warnings, [`cannot read it (${code}); it is tried again`]);
    isBroken = false;
    await both.pass(1000);
    assert.deepEqual(numbers(both), [3, 4, 1, 2]);
  }
});

test("a source holds what is there under any name, and not what was truncated or removed", async (t) => {
  const { folder, path, tail } = await started(t);
  const [[partition, position]] = [...tail.positions] as [[string, Position]];
  const { source } = tail;
  assert.equal(await source.holds(partition, position), true);
  renameSync(path, join(folder, "other"));
  assert.equal(await source.holds(partition, position), true);
  copyFileSync(join(folder, "other"), join(folder, "copy"));
  truncateSync(join(folder, "other"));
  assert.equal(await source.holds(partition, position), true);
  rmSync(join(folder, "copy"));
  assert.equal(await source.holds(partition, position), false);
  rmSync(join(folder, "other"));
  assert.equal(await source.holds(partition, position), false);
});
