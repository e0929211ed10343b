import assert from "node:assert/strict";
import * as fs from "node:fs";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { matchFiles } from "../../plugins/sources/tail/matching-files.ts";
import { Unreadable } from "../../plugins/sources/tail/unreadable.ts";
import type { FileSystem, Position } from "../../src/plugin.ts";
import { temporaryFolder } from "../support/folders.ts";
import { recordingContext } from "../support/recording-context.ts";
import { until } from "../support/until.ts";
import { DrivenTail } from "./tail-driven.ts";
import { ended, event, events, numbers, range, run, started } from "./tail-fixture.ts";

const told = ({ context }: DrivenTail): readonly string[] => context.warnings;

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
    assert.deepEqual(told(both), [`cannot read: ${join(folder, "a.log")} (${code})`]);
    isBroken = false;
    await both.pass(1000);
    assert.deepEqual(numbers(both), [3, 4, 1, 2]);
  }
});

test("globs that name nothing are told at the start, once, as they may be mistyped", async (t) => {
  const folder = temporaryFolder(t);
  const tail = new DrivenTail(folder, new Map());
  t.after(() => tail.stop());
  await tail.pass(5000);
  assert.deepEqual(told(tail), ["no file matches yet: files that appear are read"]);
  writeFileSync(join(folder, "a.log"), events(1, 2));
  await tail.pass(1000);
  assert.deepEqual(numbers(tail), [1, 2]);
});

test("a folder in the place of its files is told with what to write", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "audit"));
  const tail = new DrivenTail(folder, new Map(), { paths: ["audit"] });
  t.after(() => tail.stop());
  await tail.pass(1000);
  assert.deepEqual(told(tail), ["no file matches: audit is a folder, write audit/* for the files in it"]);
});

/** What is opened is what its server forgets when {@link forget} is called. */
function forgetfulServer() {
  const open = new Set<number>();
  const forgotten = new Set<number>();
  const check = (descriptor: number) => {
    if (forgotten.has(descriptor)) throw Object.assign(new Error("ESTALE"), { code: "ESTALE" });
  };
  const fileSystem = {
    ...fs,
    openSync: ((path: string, flags: number) => {
      const descriptor = fs.openSync(path, flags);
      forgotten.delete(descriptor);
      open.add(descriptor);
      return descriptor;
    }) as FileSystem["openSync"],
    fstatSync: ((descriptor: number) => {
      check(descriptor);
      return fs.fstatSync(descriptor);
    }) as FileSystem["fstatSync"],
  };
  const forget = () => {
    for (const descriptor of open) forgotten.add(descriptor);
  };
  return { fileSystem, forget };
}

test("a file that its server has forgotten is opened again, by its path: the same, another one, or none", async (t) => {
  const another = (path: string) => {
    writeFileSync(`${path}.new`, event(21));
    renameSync(`${path}.new`, path);
  };
  for (const [change, expected, isOver] of [
    [(path: string) => appendFileSync(path, event(21)), range(1, 21), false],
    [another, range(1, 21), true],
    [(path: string) => renameSync(path, `${path}.1`), range(1, 20), false],
    [(path: string) => rmSync(path), range(1, 20), true],
  ] as const) {
    const { fileSystem, forget } = forgetfulServer();
    const { folder, path, tail } = await started(t, { paths: ["a.log"], parts: { fileSystem } });
    writeFileSync(join(folder, "b.txt"), "what else is there");
    forget();
    change(path);
    await tail.pass(3000);
    assert.deepEqual(numbers(tail), expected);
    assert.equal(ended(tail).length, isOver ? 1 : 0);
    appendFileSync(path, event(22));
    await tail.pass(3000);
    assert.equal(numbers(tail).at(-1), 22);
    await tail.stop();
  }
});

test("a folder that cannot be read is told once, and read later", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "logs"));
  let isBroken = true;
  const openSync = ((path: string, flags: number) => {
    if (isBroken && path.endsWith("logs")) throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    return fs.openSync(path, flags);
  }) as FileSystem["openSync"];
  const tail = await run(t, folder, new Map(), { paths: ["logs/*.log"], parts: { fileSystem: { ...fs, openSync } } });
  await tail.pass(5000);
  assert.deepEqual(told(tail), [`cannot read: ${join(folder, "logs")} (EACCES)`]);
  isBroken = false;
  writeFileSync(join(folder, "logs", "a.log"), event(1));
  await tail.pass(1000);
  assert.deepEqual(numbers(tail), [1]);
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

test("a look at very many names lets others have the processor", async (t) => {
  const folder = temporaryFolder(t);
  for (let name = 0; name < 1000; name++) writeFileSync(join(folder, `${name}.log`), "");
  const context = recordingContext(folder);
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const found = await matchFiles(["*.log"], context, new Unreadable(context));
  isOver = true;
  assert.equal(found.size, 1000);
  assert.ok(turns >= 3, `only ${turns} turns`);
});

test("neither a line without an end nor zero bytes hold up other files, however many there are", async (t) => {
  for (const beginning of ["{", ""]) {
    const folder = temporaryFolder(t);
    const path = join(folder, "endless.log");
    writeFileSync(path, beginning);
    // Sparse: it takes no room, and hours to read.
    truncateSync(path, 2 ** 40);
    utimesSync(path, 1, 1);
    writeFileSync(join(folder, "later.log"), event(1));
    const tail = new DrivenTail(folder);
    t.after(() => tail.stop());
    await until("the other file is read", () => numbers(tail).length > 0);
    await tail.stop();
  }
});

test("in a folder with more names than are looked at, a rotated file that is not found does not pass for gone", async (t) => {
  const { folder, path, tail } = await started(t);
  await tail.stop();
  appendFileSync(path, event(21));
  renameSync(path, join(folder, "zzz"));
  writeFileSync(join(folder, "another"), "");
  let others = 20_001;
  const readdirSync = ((of: string) => [
    ...Array.from({ length: others }, () => "another"),
    ...fs.readdirSync(of),
  ]) as FileSystem["readdirSync"];
  const parts = { fileSystem: { ...fs, readdirSync } };
  const next = await run(t, folder, tail.positions, { paths: ["a.log"], parts });
  await next.pass(2000);
  assert.deepEqual(numbers(next), []);
  assert.deepEqual(ended(next), []);
  others = 0;
  await next.pass(1000);
  assert.deepEqual(numbers(next), [21]);
});

test("a rotated file that the disk will tell nothing of does not pass for gone", async (t) => {
  for (const code of ["ESTALE", "EIO"]) {
    const { folder, path, tail } = await started(t);
    await tail.stop();
    appendFileSync(path, event(21));
    renameSync(path, join(folder, "rotated"));
    writeFileSync(join(folder, "another"), "");
    let isBroken = true;
    const statSync = ((of: string) => {
      if (isBroken && of.endsWith("rotated")) throw Object.assign(new Error(code), { code });
      return fs.statSync(of);
    }) as FileSystem["statSync"];
    const next = await run(t, folder, tail.positions, { paths: ["a.log"], parts: { fileSystem: { ...fs, statSync } } });
    await next.pass(2000);
    assert.deepEqual(ended(next), []);
    isBroken = false;
    await next.pass(1000);
    assert.deepEqual(numbers(next), [21]);
  }
});
