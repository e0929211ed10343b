import assert from "node:assert/strict";
import * as fs from "node:fs";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TailSource } from "../../plugins/sources/tail/tail-source.ts";
import type { FileSystem } from "../../src/plugin.ts";
import { temporaryFolder } from "../support/folders.ts";
import { recordingContext } from "../support/recording-context.ts";
import { event, events, numbers, run } from "./tail-fixture.ts";

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

test("a run to the end reads what a quiet file got during its last look", async (t) => {
  const folder = temporaryFolder(t);
  const quiet = join(folder, "a.log");
  const busy = join(folder, "b.log");
  writeFileSync(quiet, event(1));
  writeFileSync(busy, event(2));
  let now = 0;
  let isLast = false;
  const statSync = ((path: string) => {
    const stats = fs.statSync(path);
    if (isLast && path === quiet) {
      isLast = false;
      appendFileSync(quiet, event(99));
    }
    return stats;
  }) as FileSystem["statSync"];
  const block = Buffer.alloc(1 << 16);
  const source = new TailSource(
    { paths: ["*.log"], read_from: "beginning", include_compressed: false, poll_interval: "100ms", rotate_wait: "20s" },
    {
      ...recordingContext(folder),
      fileSystem: { ...fs, statSync },
      untilEnd: true,
      decode: "json",
      maxEventBytes: 1 << 20,
      block: () => ({ buffer: block, start: 0, end: block.length }),
    },
    { now: () => now, wait: async () => {} },
  );
  const lines: string[] = [];
  const stop = new AbortController();
  for await (const { bytes, path } of source.read(new Map(), stop.signal)) {
    lines.push(...Buffer.from(bytes).toString().split("\n").filter(Boolean));
    now += 1000;
    // The busy file is written to for half a minute, and the other is quiet.
    if (bytes.length > 0 && path === busy && now < 30_000) appendFileSync(busy, event(now));
    else if (now >= 30_000 && lines.length < 40) isLast = true;
    if (now > 100_000) stop.abort();
  }
  assert.equal(`${lines.at(-1)}\n`, event(99));
  assert.ok(!stop.signal.aborted);
});
