import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { test } from "node:test";
import { Journal } from "../../src/delivery/journal.ts";
import { Health } from "../../src/observe/health.ts";
import { silentLog } from "../../src/observe/log.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

test("a journal that is full is told until the sinks have taken some of it", async (t) => {
  const health = new Health({ log: silentLog });
  const journal = await Journal.open({
    folder: temporaryFolder(t),
    fileSystem,
    log: silentLog,
    intake: health.observe("sources.webhook", "takes no requests"),
    maxBytes: 4000,
  });
  const records = Buffer.from(`${"x".repeat(900)}\n`);
  let taken = 0;
  const fill = async () => {
    for (; taken < 100; taken++) await journal.append(records, {});
  };
  await assert.rejects(fill, /the journal is full/);
  assert.ok(taken > 0);
  assert.match(health.troubles[0]?.reason ?? "", /the journal is full: it may have 4000 bytes/);
  journal.release({ offset: journal.end });
  assert.equal(health.troubles.length, 0);
  await journal.append(records, {});
  await journal.close();
});

test("that requests can be taken again is found out though none comes: who is not ready is sent none", async (t) => {
  const health = new Health({ log: silentLog });
  let isFull = true;
  const writevSync = ((...given: Parameters<typeof fileSystem.writevSync>) => {
    if (isFull) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    return fileSystem.writevSync(...given);
  }) as typeof fileSystem.writevSync;
  const journal = await Journal.open({
    folder: temporaryFolder(t),
    fileSystem: { ...fileSystem, writevSync },
    log: silentLog,
    intake: health.observe("sources.webhook", "takes no requests"),
    maxBytes: 4000,
  });
  await assert.rejects(journal.append(Buffer.from("1\n"), {}), /disk of the journal is full/);
  assert.equal(health.troubles.length, 1);
  await until("it was tried in vain", () => (health.troubles[0]?.tries ?? 0) > 1);
  isFull = false;
  await until("it is ready", () => health.troubles.length === 0);
  const large = Buffer.from(`${"x".repeat(2500)}\n`);
  await journal.append(large, {});
  await assert.rejects(journal.append(large, {}), /the journal is full/);
  assert.equal(health.troubles.length, 1);
  await until("it is ready for smaller ones", () => health.troubles.length === 0);
  await journal.append(Buffer.from("1\n"), {});
  await journal.close();
});
