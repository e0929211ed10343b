import assert from "node:assert/strict";
import { appendFileSync, renameSync, rmSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Position } from "../../src/plugin.ts";
import { temporaryFolder } from "../support/folders.ts";
import { ALL, again, compress, run } from "./tail-compressed-fixture.ts";
import { DrivenTail, ROTATE_WAIT_MS } from "./tail-driven.ts";
import { event, events, numbers, range } from "./tail-fixture.ts";

const long = (n: number, bytes: number): string => `${`{"n":${n}}`.padEnd(bytes - 1)}\n`;

test("a .gz that was never read in plain is read once, before what is younger; without include_compressed it is not", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log.1.gz"), gzipSync(events(1, 9000)));
  utimesSync(join(folder, "a.log.1.gz"), 1000, 1000);
  writeFileSync(join(folder, "a.log"), events(9001, 9010));
  const tail = await run(t, folder, new Map());
  assert.deepEqual(numbers(tail), range(1, 9010));
  assert.deepEqual(numbers(await again(t, folder, tail)), []);
  const without = await run(t, folder, new Map(), { ...ALL, includeCompressed: false });
  assert.deepEqual(numbers(without), range(9001, 9010));
});

test("a .gz is read when it is complete: once it has not changed for rotate_wait", async (t) => {
  const folder = temporaryFolder(t);
  const whole = gzipSync(events(1, 100));
  const path = join(folder, "a.log.1.gz");
  const tail = new DrivenTail(folder, new Map(), ALL);
  t.after(() => tail.stop());
  for (let at = 0; at < whole.length; at += 100) {
    appendFileSync(path, whole.subarray(at, at + 100));
    await tail.pass(ROTATE_WAIT_MS / 2);
    assert.deepEqual(numbers(tail), []);
  }
  await tail.pass(2 * ROTATE_WAIT_MS);
  assert.deepEqual(numbers(tail), range(1, 100));
  assert.deepEqual(tail.context.warnings, []);
});

test("what was read in plain is not read again from the .gz, over restarts and rotations", async (t) => {
  for (const lines of [1, 20]) {
    const folder = temporaryFolder(t);
    const path = join(folder, "a.log");
    writeFileSync(path, events(1, lines));
    let tail = await run(t, folder, new Map());
    renameSync(path, `${path}.1`);
    await tail.pass(2 * ROTATE_WAIT_MS);
    compress(`${path}.1`);
    await tail.pass(2 * ROTATE_WAIT_MS);
    renameSync(`${path}.1.gz`, `${path}.2.gz`);
    await tail.pass(2 * ROTATE_WAIT_MS);
    assert.deepEqual(numbers(tail), range(1, lines));
    for (let n = 0; n < 2; n++) {
      tail = await again(t, folder, tail);
      assert.deepEqual(numbers(tail), []);
      assert.equal(
        tail.brought.some(({ ended }) => ended),
        false,
      );
    }
    rmSync(`${path}.2.gz`);
    await tail.pass(2 * ROTATE_WAIT_MS);
    assert.equal(tail.brought.filter(({ ended }) => ended).length, 1);
  }
});

test("what was read in plain in part is read to its end from the .gz, whatever the globs name", async (t) => {
  for (const options of [ALL, { paths: ["a.log"] }]) {
    const folder = temporaryFolder(t);
    const path = join(folder, "a.log");
    writeFileSync(path, events(1, 20));
    const tail = await run(t, folder, new Map(), options);
    await tail.stop();
    const [[partition, position]] = [...tail.positions] as [[string, Position]];
    appendFileSync(path, events(21, 30));
    renameSync(path, `${path}.1`);
    compress(`${path}.1`);
    writeFileSync(path, event(31));
    assert.equal(await tail.source.holds(partition, position), true);
    const next = await run(t, folder, tail.positions, options);
    assert.deepEqual(numbers(next), range(21, 31));
    const last = await again(t, folder, next, options);
    assert.deepEqual(numbers(last), []);
  }
});

test("a .gz beside the file that it was made of is not read, as long as that is there and afterwards", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, events(1, 20));
  const tail = await run(t, folder, new Map());
  writeFileSync(`${path}.gz`, gzipSync(events(1, 20)));
  await tail.pass(2 * ROTATE_WAIT_MS);
  unlinkSync(path);
  await tail.pass(2 * ROTATE_WAIT_MS);
  const next = await again(t, folder, tail);
  assert.deepEqual([...numbers(tail), ...numbers(next)], range(1, 20));
});

test("a .gz with the same beginning as a log, and another end, is read", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), events(1, 20) + events(100, 120));
  const tail = await run(t, folder, new Map());
  writeFileSync(join(folder, "a.log.1.gz"), gzipSync(events(1, 20) + events(200, 210)));
  await tail.pass(2 * ROTATE_WAIT_MS);
  assert.deepEqual(numbers(tail).slice(41), [...range(1, 20), ...range(200, 210)]);
});

test("killed within a .gz, reading goes on where it was", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log.1.gz"), gzipSync(events(1, 3000)));
  const first = await run(t, folder, new Map(), { ...ALL, blockBytes: 1 << 16 });
  await first.stop();
  for (let settled = 0; settled <= first.brought.length; settled++) {
    const kept = first.brought.slice(0, settled);
    const position = kept.at(-1);
    const resume = new Map(position ? [[position.partition, position.position]] : []);
    const next = await run(t, folder, resume, { ...ALL, blockBytes: 1 << 16 });
    await next.stop();
    const before = kept.flatMap(({ text }) => text.split("\n").slice(0, -1)).length;
    assert.deepEqual(numbers(next), range(before + 1, 3000));
  }
});

test("lines longer than a block, and than max_event_bytes, in a .gz", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log.1.gz");
  writeFileSync(path, gzipSync(event(1) + long(2, 60_000) + long(3, 300_000) + event(4).concat('{"n":5}')));
  const options = { ...ALL, blockBytes: 1 << 14, parts: { maxEventBytes: 100_000 } };
  const tail = await run(t, folder, new Map(), options);
  assert.deepEqual(numbers(tail), [1, 2, 4, 5]);
  assert.deepEqual(
    tail.brought.flatMap(({ refused }) => refused ?? []),
    [{ offset: 60_100, byteLength: 300_000, reason: "longer than max_event_bytes (100000)" }],
  );
  await tail.stop();
  for (const [index, batch] of tail.brought.entries()) {
    const resume = new Map([[batch.partition, batch.position]]);
    const rest = tail.brought.slice(index + 1).flatMap(({ text }) => text.split("\n").filter((line) => line !== ""));
    const next = await run(t, folder, resume, options);
    assert.deepEqual(next.lines, rest);
    await next.stop();
  }
});

test("a bomb is a long line like any other: nothing of it is kept", async (t) => {
  const folder = temporaryFolder(t);
  // V8 collects what is outside of its heap once that has grown by some 60 MiB.
  const bytes = 200 << 20;
  writeFileSync(join(folder, "a.log.1.gz"), gzipSync(Buffer.alloc(bytes, 0x20)));
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 20);
  t.after(() => clearInterval(watch));
  const tail = await run(t, folder, new Map(), ALL);
  assert.deepEqual(numbers(tail), []);
  assert.deepEqual(
    tail.brought.flatMap(({ refused }) => refused?.map(({ byteLength }) => byteLength) ?? []),
    [bytes],
  );
  assert.ok(most < bytes / 2, `${most} bytes`);
});

test("nor of a bomb that has an end, when it is looked at again after a restart", async (t) => {
  const folder = temporaryFolder(t);
  const bomb = Buffer.alloc(50 << 20, 0x20);
  writeFileSync(join(folder, "a.log.1.gz"), gzipSync(Buffer.concat([bomb, Buffer.from(`\n${event(1)}`)])));
  const tail = await run(t, folder, new Map(), ALL);
  await tail.stop();
  for (const { partition, position } of tail.brought.filter(({ position }) => position.offset === 0)) {
    const { begins = 0 } = position.detail as { begins?: number };
    assert.ok(begins <= 1 << 20, `${begins} bytes of it have to be held`);
    const next = await run(t, folder, new Map([[partition, position]]), ALL);
    assert.deepEqual(numbers(next), [1]);
    await next.stop();
  }
  assert.deepEqual(numbers(tail), [1]);
});
