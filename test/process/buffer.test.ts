import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BulkServer, silence, status } from "../support/bulk-server.ts";
import { linesIn, pipelineFolder, sumsOf } from "../support/pipeline-folder.ts";
import { startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const LINES = Array.from({ length: 2000 }, (_, n) => JSON.stringify({ n, text: "x".repeat(200) }));

const pipelineOf = (url: string) => `
max_in_flight: 4MiB
checkpoint_interval: 50ms
shutdown_timeout: 1s
sources:
  logs:
    type: tail
    paths: [in.log]
sinks:
  archive:
    type: file
    path: out.log
  search:
    type: opensearch
    endpoints: [${JSON.stringify(url)}]
    index: events
    retry:
      max: 50ms
    buffer:
      type: disk
`;

test("an OpenSearch that hangs, then refuses, holds up no file; what it has not taken outlives kills and comes in order", async (t) => {
  await using server = await BulkServer.start();
  const folder = pipelineFolder(t, pipelineOf(server.url));
  writeFileSync(join(folder, "in.log"), LINES.map((line) => `${line}\n`).join(""));
  for (const reply of [silence, status(429)]) {
    server.replies.push(...Array.from({ length: 10_000 }, () => reply));
    const stuck = startSluice(folder, ["run"]);
    await until("the file has everything", () => linesIn(join(folder, "out.log")).length === LINES.length);
    await until("the server was asked", () => server.requests.length > 0);
    stuck.process.kill("SIGKILL");
    await stuck.exit;
    assert.equal(server.documents.size, 0);
    server.replies.length = 0;
    server.requests.length = 0;
  }
  const last = startSluice(folder, ["run", "--exit-on-eof"]);
  assert.equal(await last.exit, 0, last.output.stderr);
  assert.deepEqual([...server.documents.values()], LINES);
  assert.deepEqual(linesIn(join(folder, "out.log")), LINES);
  assert.ok(sumsOf(last).every(({ adds_up }) => adds_up));
  assert.ok(readdirSync(join(folder, "data", "buffers", "search")).length <= 2);
});
