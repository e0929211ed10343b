import assert from "node:assert/strict";
import * as fs from "node:fs";
import { appendFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { temporaryFolder } from "../support/folders.ts";
import { ROTATE_WAIT_MS } from "./tail-driven.ts";
import { ended, event, events, numbers, range, run, started } from "./tail-fixture.ts";

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

test("text: what a rotated file ends with is a line", async (t) => {
  const { folder, path, tail } = await started(t, { paths: ["a.log"], parts: { decode: "text" } });
  appendFileSync(path, "the last words");
  renameSync(path, join(folder, "a.log.1"));
  await tail.pass(2 * ROTATE_WAIT_MS);
  assert.equal(tail.lines.at(-1), "the last words");
});

test("whatever bytes are written in whatever pieces, and whenever the tail is killed, they are read as they are", async (t) => {
  const pieces = fc.array(
    fc.record({
      bytes: fc.oneof(fc.constantFrom("\n", "\r\n", "\0", "{}", "\n\n", "é"), fc.string({ maxLength: 3000 })),
      next: fc.constantFrom("nothing" as const, "read" as const, "restart" as const),
    }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(pieces, async (written) => {
      const folder = temporaryFolder(t);
      const path = join(folder, "a.log");
      // Zero bytes that a file begins with are those of a truncated one.
      writeFileSync(path, "-");
      const options = { paths: ["a.log"], blockBytes: 1 << 12, parts: { maxEventBytes: 1 << 24 } };
      let tail = await run(t, folder, new Map(), options);
      let read = "";
      for (const { bytes, next } of written) {
        appendFileSync(path, bytes);
        if (next !== "nothing") await tail.pass(100);
        if (next !== "restart") continue;
        await tail.stop();
        read += tail.brought.map(({ text }) => text).join("");
        tail = await run(t, folder, tail.positions, options);
      }
      appendFileSync(path, "\n");
      await tail.pass(1000);
      await tail.stop();
      read += tail.brought.map(({ text }) => text).join("");
      assert.equal(read, fs.readFileSync(path, "utf8"));
    }),
    { numRuns: 40, seed: 3 },
  );
});
