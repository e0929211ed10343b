import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { BulkServer } from "../support/bulk-server.ts";
import { linesBelow, linesIn, pipelineFolder, portOf } from "../support/pipeline-folder.ts";
import { count, load, PIPELINE, reload, start, stop } from "../support/reloading.ts";
import { until } from "../support/until.ts";

const TO_SEARCH = `
shutdown_timeout: 200ms
checkpoint_interval: 20ms
sources:
  logs:
    type: tail
    paths: ["*.log"]
    poll_interval: 10ms
sinks:
  all:
    type: file
    path: out/all.ndjson
  search:
    type: opensearch
    endpoints: ["http://127.0.0.1:1"]
    index: audit
`;

test("a sink that is stuck is replaced by one that is not, which gets all", async (t) => {
  const stuck = createServer((socket) => void socket.on("error", () => {})).listen(0, "127.0.0.1");
  t.after(() => stuck.close());
  await until("it listens", () => stuck.listening);
  const { port } = stuck.address() as { port: number };
  await using server = await BulkServer.start();
  const folder = pipelineFolder(t, TO_SEARCH.replace("127.0.0.1:1", `127.0.0.1:${port}`));
  const lines = Array.from({ length: 1000 }, (_, number) => JSON.stringify({ number }));
  writeFileSync(join(folder, "a.log"), `${lines.join("\n")}\n`);
  const sluice = start(t, folder);
  await until("the other sink has all", () => linesIn(join(folder, "out", "all.ndjson")).length === lines.length);
  await reload(sluice, folder, TO_SEARCH.replace("http://127.0.0.1:1", server.url));
  await until("the new sink has all", () => server.documents.size === lines.length);
  await stop(sluice);
  assert.deepEqual(linesIn(join(folder, "out", "all.ndjson")), lines);
  assert.match(sluice.output.stderr, /reads again what was not delivered/);
  assert.equal(count(sluice, '"adds_up":true'), 2);
});

test("signals that follow each other are one reload after the other, and the last file counts", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const sluice = start(t, folder);
  const sent = load(await portOf(sluice), folder);
  await sent.more(20);
  for (let number = 0; number < 10; number++) {
    const wrong = number === 4;
    writeFileSync(
      join(folder, "pipeline.yaml"),
      wrong ? "sources: {}" : PIPELINE.replace('"none"', `"none ${number}"`),
    );
    sluice.process.kill("SIGHUP");
    await sent.more(2);
  }
  await reload(sluice, folder, PIPELINE.replace("sinks:", "  - type: drop\n    when: self.number < 0\nsinks:"));
  assert.deepEqual(await sent.end(), { statuses: [200], connections: 1 });
  await until("all is there", () => linesBelow(join(folder, "out")).length >= sent.expected.length);
  await stop(sluice);
  assert.deepEqual(linesBelow(join(folder, "out")).sort(), sent.expected.sort());
});

test("a signal to stop during a reload ends it, with nothing lost", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const lines = Array.from({ length: 50_000 }, (_, number) => JSON.stringify({ user: "many", number }));
  writeFileSync(join(folder, "a.log"), `${lines.join("\n")}\n`);
  for (let round = 0; round < 4; round++) {
    const sluice = start(t, folder);
    await sluice.says("running");
    writeFileSync(join(folder, "pipeline.yaml"), PIPELINE.replace('"none"', `"none ${round}"`));
    sluice.process.kill("SIGHUP");
    await wait(round * 60);
    await stop(sluice);
  }
  const last = start(t, folder);
  await last.says("running");
  await until("all is there", () => linesIn(join(folder, "out", "many.ndjson")).length >= lines.length);
  await stop(last);
  assert.deepEqual(linesIn(join(folder, "out", "many.ndjson")), lines);
});

test("killed at any moment of a reload, it loses and doubles nothing", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const lines = Array.from({ length: 60_000 }, (_, number) => JSON.stringify({ user: `u${number % 50}`, number }));
  writeFileSync(join(folder, "a.log"), `${lines.join("\n")}\n`);
  const more = PIPELINE.replace(
    "sinks:\n  all:\n    type: file",
    "sinks:\n  all:\n    type: file\n    flush_interval: 100ms",
  );
  for (let round = 0; round < 6; round++) {
    const sluice = start(t, folder);
    await sluice.says("running");
    writeFileSync(join(folder, "pipeline.yaml"), round % 2 === 0 ? more : PIPELINE);
    sluice.process.kill("SIGHUP");
    await wait(round * 60);
    sluice.process.kill("SIGKILL");
    await sluice.exit;
  }
  const last = start(t, folder);
  await last.says("running");
  await until("all is there", () => linesBelow(join(folder, "out")).length >= lines.length, 20_000);
  await stop(last);
  assert.deepEqual(linesBelow(join(folder, "out")).sort(), lines.sort());
});

test("what a filter remembers goes with it, wherever it comes to stand", async (t) => {
  const once = PIPELINE.replace("filters:\n", "filters:\n  - type: dedupe\n");
  const moved = once.replace("filters:\n", "filters:\n  - type: drop\n    when: self.number > 5\n");
  const folder = pipelineFolder(t, once);
  const sluice = start(t, folder);
  const port = await portOf(sluice);
  const send = async (body: string) =>
    assert.equal((await fetch(`http://127.0.0.1:${port}`, { method: "POST", body })).status, 200);
  await send('{"user":"a","number":1}');
  await until("it is there", () => linesBelow(join(folder, "out")).length === 1);
  await reload(sluice, folder, moved);
  await send('{"user":"a","number":1}\n{"user":"a","number":2}');
  await until("the new one is there", () => linesBelow(join(folder, "out")).length === 2);
  await reload(sluice, folder, moved.replace("type: dedupe", "type: dedupe\n    max_keys: 10"));
  await send('{"user":"a","number":2}\n{"user":"a","number":3}');
  await until("the new one is there", () => linesBelow(join(folder, "out")).length === 3);
  sluice.process.kill("SIGKILL");
  await sluice.exit;
  const again = start(t, folder);
  const anew = await portOf(again);
  await fetch(`http://127.0.0.1:${anew}`, { method: "POST", body: '{"user":"a","number":1}\n{"user":"a","number":4}' });
  await until("the new one is there", () => linesBelow(join(folder, "out")).length === 4);
  await stop(again);
});
