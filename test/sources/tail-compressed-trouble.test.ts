import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { FileSystem } from "../../src/plugin.ts";
import { temporaryFolder } from "../support/folders.ts";
import { ALL, again, compress, run } from "./tail-compressed-fixture.ts";
import { type DrivenOptions, ROTATE_WAIT_MS } from "./tail-driven.ts";
import { event, events, numbers, range } from "./tail-fixture.ts";

test("a damaged .gz: what precedes the damage is read, it is told once, and other files are read", async (t) => {
  const folder = temporaryFolder(t);
  const lines = Array.from({ length: 5000 }, (_, n) => `{"n":${n},"x":"${(n * 2654435761) % 4294967296}"}\n`).join("");
  const damaged = gzipSync(lines);
  damaged.fill(0xff, damaged.length >> 1, (damaged.length >> 1) + 64);
  writeFileSync(join(folder, "a.log.2.gz"), damaged);
  writeFileSync(join(folder, "a.log.1.gz"), "no gzip at all");
  writeFileSync(join(folder, "a.log"), event(7777));
  const tail = await run(t, folder, new Map());
  await tail.pass(10_000);
  const read = numbers(tail);
  assert.ok(read.length > 1000 && read.length < 5000, `${read.length}`);
  assert.equal(read.includes(7777), true);
  assert.equal(tail.context.counters.get("damaged_files"), 2);
  assert.equal(tail.context.warnings.filter((warning) => warning.includes("damaged")).length, 2);
  assert.deepEqual(numbers(await again(t, folder, tail)), []);
});

test("a .gz that ends too early is told once, and read on when it has changed", async (t) => {
  const folder = temporaryFolder(t);
  const whole = gzipSync(events(1, 3000));
  const path = join(folder, "a.log.1.gz");
  writeFileSync(path, whole.subarray(0, whole.length - 500));
  const tail = await run(t, folder, new Map());
  const before = numbers(tail).length;
  assert.ok(before < 3000);
  await tail.pass(5000);
  assert.equal(tail.context.warnings.filter((warning) => warning.startsWith("cannot read")).length, 1);
  appendFileSync(path, whole.subarray(whole.length - 500));
  await tail.pass(2 * ROTATE_WAIT_MS);
  assert.deepEqual(numbers(tail), range(1, 3000));
});

test("read_from: end passes over the .gz files that are there at the first start, for good", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log.1.gz"), gzipSync(events(1, 20)));
  const options: DrivenOptions = { ...ALL, readFrom: "end" };
  const tail = await run(t, folder, new Map(), options);
  const next = await again(t, folder, tail, options);
  writeFileSync(join(folder, "a.log.0.gz"), gzipSync(events(21, 30)));
  await next.pass(2 * ROTATE_WAIT_MS);
  assert.deepEqual([...numbers(tail), ...numbers(next)], range(21, 30));
});

test("a file that is compressed while it is looked for is not taken for gone", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, events(1, 20));
  const tail = await run(t, folder, new Map());
  await tail.stop();
  appendFileSync(path, event(21));
  renameSync(path, `${path}.1`);
  writeFileSync(path, event(22));
  const statSync = ((file: string, ...rest: []) => {
    if (file === `${path}.1` && fs.existsSync(file)) compress(file);
    return fs.statSync(file, ...rest);
  }) as FileSystem["statSync"];
  const parts = { fileSystem: { ...fs, statSync } };
  const next = await run(t, folder, tail.positions, { paths: ["a.log"], parts });
  assert.deepEqual(numbers(next).sort(), [21, 22]);
});

test("a copy that is compressed, or cannot be opened, just when it is to be read is read at the next look", async (t) => {
  for (const meanwhile of [compress, () => {}]) {
    const folder = temporaryFolder(t);
    const path = join(folder, "a.log");
    writeFileSync(path, events(1, 20));
    let isFirst = true;
    const openSync = ((file: string, ...rest: [number]) => {
      if (file !== `${path}.1` || !isFirst) return fs.openSync(file, ...rest);
      isFirst = false;
      meanwhile(file);
      throw Object.assign(new Error("open"), { code: meanwhile === compress ? "ENOENT" : "EMFILE" });
    }) as FileSystem["openSync"];
    const tail = await run(t, folder, new Map(), { paths: ["a.log"], parts: { fileSystem: { ...fs, openSync } } });
    appendFileSync(path, event(21));
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, event(22));
    await tail.pass(2000);
    assert.deepEqual(numbers(tail), [...range(1, 20), 22, 21]);
  }
});

test("of a .gz that is no copy of a file that is gone, no more is read than tells so", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, events(1, 30_000));
  const tail = await run(t, folder, new Map(), { paths: ["a.log"] });
  await tail.stop();
  rmSync(path);
  const other = Buffer.from(Array.from({ length: 30_000 }, () => `{"n":"${randomUUID()}"}`.padEnd(99)).join("\n"));
  writeFileSync(join(folder, "other.gz"), gzipSync(other, { level: 1 }));
  let bytes = 0;
  type Done = (error: Error | null, count: number) => void;
  const read = ((file: number, buffer: Buffer, start: number, length: number, at: number, done: Done) =>
    fs.read(file, buffer, start, length, at, (error, count) => {
      bytes += count;
      done(error, count);
    })) as unknown as FileSystem["read"];
  const next = await run(t, folder, tail.positions, { paths: ["a.log"], parts: { fileSystem: { ...fs, read } } });
  assert.deepEqual([...next.positions.keys()], []);
  assert.ok(bytes > 0 && bytes < 512 << 10, `${bytes} bytes`);
});
