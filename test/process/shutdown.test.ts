import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { linesIn, pipelineFolder, portOf, sumsOf } from "../support/pipeline-folder.ts";
import { type RunningSluice, startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const TO_FILE = `
shutdown_timeout: 300ms
sources:
  webhook:
    type: http
    listen: 127.0.0.1:0
    on_invalid: dead_letter
  logs:
    type: tail
    paths: ["*.log"]
    poll_interval: 10ms
dead_letter:
  max_bytes: 400
sinks:
  all:
    type: file
    path: out/all.log
`;

function start(t: TestContext, folder: string): RunningSluice {
  const sluice = startSluice(folder, ["run"]);
  t.after(() => sluice.process.kill("SIGKILL"));
  return sluice;
}

test("two signals within milliseconds are one: what is in flight is delivered", async (t) => {
  const folder = pipelineFolder(t, TO_FILE);
  writeFileSync(join(folder, "a.log"), '{"n":1}\n');
  const sluice = start(t, folder);
  await until("it is delivered", () => linesIn(join(folder, "out", "all.log")).length === 1);
  sluice.process.kill("SIGTERM");
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
});

test("a request of which half came holds the end up no longer than shutdown_timeout, and is not taken", async (t) => {
  const folder = pipelineFolder(t, TO_FILE);
  const sluice = start(t, folder);
  const socket = connect(await portOf(sluice), "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{"n":1}\n');
  // The interim answer says that the request is being served.
  await new Promise((resolve) => socket.once("data", resolve));
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
  assert.deepEqual(linesIn(join(folder, "out", "all.log")), []);
});

/** Too long to share a dead letter with the next. */
const LONG = `${"no JSON".padEnd(300, "!")}\n`;

test("dead letters that are full hold up the pipeline, not its end; what waited is read again", async (t) => {
  const folder = pipelineFolder(t, TO_FILE);
  writeFileSync(join(folder, "a.log"), `${LONG.repeat(2)}{"n":1}\n`);
  writeFileSync(join(folder, "b.log"), LONG.repeat(20));
  const sluice = start(t, folder);
  await sluice.says("the pipeline waits: the dead letters fill their 400 bytes");
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
  assert.match(sluice.output.stderr, /read again at the next start/);
  assert.equal(sumsOf(sluice)[0]?.adds_up, true);

  writeFileSync(join(folder, "pipeline.yaml"), TO_FILE.replace("max_bytes: 400", "max_bytes: 1MiB"));
  const again = start(t, folder);
  const letters = () => new Set(linesIn(join(folder, "data", "dead-letters.ndjson")).map(placeOf));
  await until("each line has its letter", () => letters().size === 22);
  again.process.kill("SIGTERM");
  assert.equal(await again.exit, 0);
  assert.deepEqual(linesIn(join(folder, "out", "all.log")), ['{"n":1}']);
});

test("dead letters go on where somebody makes room", async (t) => {
  const folder = pipelineFolder(t, TO_FILE);
  const sluice = start(t, folder);
  const port = await portOf(sluice);
  const send = () => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "no JSON" });
  const path = join(folder, "data", "dead-letters.ndjson");
  assert.equal((await send()).status, 200);
  const waiting = send();
  await sluice.says("the pipeline waits");
  const kept = linesIn(path);
  writeFileSync(path, "");
  assert.equal((await waiting).status, 200);
  assert.deepEqual([kept.length, linesIn(path).length], [1, 1]);
});

test("a sink that is stuck does not hold up the end beyond shutdown_timeout", async (t) => {
  let isAsked = false;
  const stuck = createServer((socket) => {
    isAsked = true;
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  t.after(() => stuck.close());
  await until("the server listens", () => stuck.listening);
  const { port } = stuck.address() as { port: number };
  const search = `sinks:\n  search:\n    type: opensearch\n    endpoints: ["http://127.0.0.1:${port}"]\n    index: audit\n`;
  const folder = pipelineFolder(t, TO_FILE.replace(/sinks:.*/s, search));
  writeFileSync(join(folder, "a.log"), '{"n":1}\n');
  const sluice = start(t, folder);
  await until("the sink is stuck", () => isAsked);
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
  assert.match(sluice.output.stderr, /not everything was delivered/);
  assert.equal(sumsOf(sluice)[0]?.adds_up, true);
});

const placeOf = (line: string): string => {
  const { origin } = JSON.parse(line) as { origin: { path: string; offset: number } };
  return `${origin.path}:${origin.offset}`;
};
