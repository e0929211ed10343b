import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROTATE_WAIT_MS } from "./tail-driven.ts";
import { again, event, events, numbers, range, run, started } from "./tail-fixture.ts";

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
