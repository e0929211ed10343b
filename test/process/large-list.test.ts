import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startListReceiver } from "../support/list-receiver.ts";
import { linesIn, sumsOf } from "../support/pipeline-folder.ts";
import { until } from "../support/until.ts";

const ITEM_BYTES = 8 << 10;
const LIST_BYTES = 64 << 20;

const item = (n: number): string => {
  const start = `{"n":${n},"fill":"`;
  return `${start}${"x".repeat(ITEM_BYTES - start.length - 2)}"}`;
};

test("a list of 64 MiB is bounded by max_body_bytes, not by max_event_bytes: each of its events is delivered", async (t) => {
  const { folder, sluice, port } = await startListReceiver(t, "max_event_bytes: 1MiB");
  const items = Array.from({ length: LIST_BYTES / ITEM_BYTES }, (_, n) => item(n));
  const body = `{"kind":"EventList","items":[${items.join(",")}]}`;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
  assert.equal(answer.status, 200);
  const out = join(folder, "out", "all.log");
  await until("all is written", () => linesIn(out).length === items.length);
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
  assert.deepEqual(linesIn(out), items);
  assert.deepEqual(sumsOf(sluice)[0]?.adds_up, true);
  assert.equal(readdirSync(join(folder, "data")).includes("dead-letters.ndjson"), false);
});
