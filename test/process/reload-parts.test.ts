import assert from "node:assert/strict";
import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BulkServer, items, type Reply } from "../support/bulk-server.ts";
import { linesIn, pipelineFolder } from "../support/pipeline-folder.ts";
import { REFUSED, reload, start, stop } from "../support/reloading.ts";
import { until } from "../support/until.ts";

const SMALL_WINDOW = `
max_in_flight: 4MiB
shutdown_timeout: 30s
sources:
  logs:
    type: tail
    paths: ["*.log"]
    poll_interval: 10ms
filters:
  - type: drop
    when: self.number < 0
sinks:
  search:
    type: opensearch
    endpoints: ["http://127.0.0.1:1"]
    index: audit
`;

/** Larger than the window, so that much of it waits to be read. */
const lines = Array.from({ length: 40_000 }, (_, number) => JSON.stringify({ number, padding: "x".repeat(250) }));

/** Has the server answer only once it is let to. */
function holdBack(server: BulkServer): { release(): void } {
  const gate = Promise.withResolvers<void>();
  const late: Reply = (...request) => void gate.promise.then(() => items(() => undefined)(...request));
  server.replies.push(...Array.from({ length: 64 }, () => late));
  return { release: gate.resolve };
}

test("a file that is deleted while much of it waits to be read is read to its end, over a reload", async (t) => {
  await using server = await BulkServer.start();
  const held = holdBack(server);
  const pipeline = SMALL_WINDOW.replace("http://127.0.0.1:1", server.url);
  const folder = pipelineFolder(t, pipeline);
  writeFileSync(join(folder, "a.log"), `${lines.join("\n")}\n`);
  const sluice = start(t, folder);
  await until("the server is asked", () => server.requests.length > 0);
  unlinkSync(join(folder, "a.log"));
  const reloaded = reload(sluice, folder, pipeline.replace("self.number < 0", "self.number < -1"));
  held.release();
  await reloaded;
  await until("all is there", () => server.documents.size === lines.length, 60_000);
  await stop(sluice);
  const ids = server.requests.flatMap(({ documents }) => documents.map(({ id }) => id));
  assert.equal(ids.length, new Set(ids).size, "nothing was sent twice");
});

test("a sink's buffer is kept over a reload, and cannot be changed by one", async (t) => {
  await using server = await BulkServer.start();
  const held = holdBack(server);
  const pipeline = `${SMALL_WINDOW.replace("http://127.0.0.1:1", server.url).replace("30s", "200ms")}    buffer:
      type: disk
      max_bytes: 64MiB
  all:
    type: file
    path: out/all.ndjson
`;
  const folder = pipelineFolder(t, pipeline);
  writeFileSync(join(folder, "a.log"), `${lines.join("\n")}\n`);
  const sluice = start(t, folder);
  await until(
    "the other sink has all",
    () => linesIn(join(folder, "out", "all.ndjson")).length === lines.length,
    30_000,
  );
  await reload(sluice, folder, pipeline.replace("64MiB", "32MiB"), REFUSED);
  assert.match(sluice.output.stderr, /the sinks' buffer cannot be changed while the pipeline runs/);
  await reload(sluice, folder, pipeline.replace("self.number < 0", "self.number < -1"));
  held.release();
  await until("the server has all", () => server.documents.size === lines.length, 60_000);
  await stop(sluice);
  assert.deepEqual(linesIn(join(folder, "out", "all.ndjson")), lines);
});
