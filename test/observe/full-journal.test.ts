import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { test } from "node:test";
import { Journal } from "../../src/delivery/journal.ts";
import { Health } from "../../src/observe/health.ts";
import { silentLog } from "../../src/observe/log.ts";
import { temporaryFolder } from "../support/folders.ts";

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
