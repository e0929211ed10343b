import assert from "node:assert/strict";
import * as fs from "node:fs";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { FileSystem } from "../../src/plugin.ts";
import { temporaryFolder } from "../support/folders.ts";
import { events, numbers, run } from "./tail-fixture.ts";

test("a file that nobody writes to is asked for at each look at the globs only, and read as soon as one finds it longer", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, events(1, 2));
  let asked = 0;
  const fstatSync = ((descriptor: number) => {
    asked++;
    return fs.fstatSync(descriptor);
  }) as FileSystem["fstatSync"];
  const tail = await run(t, folder, new Map(), { parts: { fileSystem: { ...fs, fstatSync } } });
  await tail.pass(11_000);
  asked = 0;
  await tail.pass(20_000);
  assert.equal(asked, 0);
  appendFileSync(path, events(3, 4));
  await tail.pass(1000);
  assert.deepEqual(numbers(tail), [1, 2, 3, 4]);
  asked = 0;
  appendFileSync(path, events(5, 6));
  await tail.pass(100);
  assert.deepEqual(numbers(tail), [1, 2, 3, 4, 5, 6], "awake, it is asked for at each poll again");
  assert.ok(asked > 0);
});
