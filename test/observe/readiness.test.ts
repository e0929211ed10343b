import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BulkServer } from "../support/bulk-server.ts";
import { keyOf } from "../support/exposition.ts";
import { type Observation, observationOf } from "../support/observed.ts";
import { linesIn, pipelineFolder } from "../support/pipeline-folder.ts";
import { type RunningSluice, startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const pipelineTo = (sinks: string, more = "") => `
observe:
  listen: 127.0.0.1:0
  unready_after: 1ms
shutdown_timeout: 300ms
${more}
sources:
  logs:
    type: tail
    paths: ["*.log"]
    poll_interval: 10ms
sinks:
${sinks}`;

const toFile = (more = "") =>
  pipelineTo("  all:\n    type: file\n    path: out/all.log\n    retry: {max: 20ms}\n", more);

const toServer = (url: string) =>
  pipelineTo(
    `  search:\n    type: opensearch\n    endpoints: [${JSON.stringify(url)}]\n    index: audit\n    retry: {max: 20ms}\n`,
  );

interface Running extends Observation {
  readonly sluice: RunningSluice;
  readonly folder: string;
}

/** The binary on a file of these lines, ready to be asked how it is. */
async function running(
  t: TestContext,
  pipeline: string,
  text: string,
  words: readonly string[] = [],
): Promise<Running> {
  const folder = pipelineFolder(t, pipeline);
  writeFileSync(join(folder, "a.log"), text);
  const sluice = startSluice(folder, ["run", ...words]);
  t.after(async () => {
    sluice.process.kill("SIGKILL");
    await sluice.exit;
  });
  return { sluice, folder, ...(await observationOf(sluice)) };
}

/** Returns why it is not ready, once it says so. */
async function reasonOf({ ask }: Observation): Promise<string> {
  let reasons: readonly string[] = [];
  await until("it is not ready", async () => {
    const told = await ask("readyz");
    reasons = told.reasons;
    return told.status === 503 && !/starting/.test(reasons.join());
  });
  return reasons.join("\n");
}

/** Answers so many requests in this way that none gets another answer until it is told otherwise. */
function alwaysReply(server: BulkServer, reply: (response: ServerResponse) => void): void {
  for (let n = 0; n < 1000; n++) server.replies.push((_server, _request, response) => reply(response));
}

const isReady = async ({ ask }: Observation) => (await ask("readyz")).status === 200;

test("a sink whose server is away is told with its reason and since when, and is over when the server is back", async (t) => {
  await using server = await BulkServer.start();
  alwaysReply(server, (response) => void response.destroy());
  const observed = await running(t, toServer(server.url), '{"n":1}\n');
  const reason = await reasonOf(observed);
  assert.match(reason, /^sinks\.search: cannot write since \d{4}-\d\d-\d\dT[\d:.]+Z: .*127\.0\.0\.1:\d+/);
  assert.deepEqual(await observed.ask("healthz"), { status: 200, reasons: [] });
  assert.equal((await observed.ask("readyz/sources.logs")).status, 200);
  assert.equal((await observed.ask("readyz/sinks.search")).status, 503);
  await until("it was tried again", async () => {
    return ((await observed.scrape()).get(keyOf("sluice_retries_total", { component: "sinks.search" })) ?? 0) > 2;
  });
  const scraped = await observed.scrape();
  assert.equal(scraped.get("sluice_ready"), 0);
  assert.ok(scraped.has(keyOf("sluice_waiting_seconds", { component: "sinks.search", what: "cannot write" })));
  const lag = { bytes: keyOf("sluice_sink_lag_bytes", { component: "sinks.search" }) };
  assert.equal(scraped.get(lag.bytes), 8);
  assert.ok((scraped.get(keyOf("sluice_sink_lag_seconds", { component: "sinks.search" })) ?? 0) > 0);

  server.replies.length = 0;
  await until("it is ready", () => isReady(observed));
  await until("the event is there", () => server.documents.size === 1);
  await observed.sluice.says("waits no longer");
});

test("a file that cannot be read is told, and over when it can be, or is gone", async (t) => {
  const observed = await running(t, toFile(), "");
  await until("it is ready", () => isReady(observed));
  const loop = join(observed.folder, "loop.log");
  symlinkSync("loop.log", loop);
  assert.match(await reasonOf(observed), /^sources\.logs: cannot read since .*: .*loop\.log \(ELOOP\)/);
  rmSync(loop);
  await until("it is ready", () => isReady(observed));
});

test("an output folder that cannot be made is told, and the pipeline goes on when it can", async (t) => {
  const observed = await running(t, toFile(), "");
  await until("it is ready", () => isReady(observed));
  const out = join(observed.folder, "out");
  rmSync(out, { recursive: true, force: true });
  writeFileSync(out, "a file stands where the folder is to be");
  writeFileSync(join(observed.folder, "b.log"), '{"n":1}\n');
  assert.match(await reasonOf(observed), /^sinks\.all: cannot write since .*: .*(ENOTDIR|EEXIST)/);
  rmSync(out);
  await until("it is ready", () => isReady(observed));
  assert.deepEqual(linesIn(join(out, "all.log")), ['{"n":1}']);
});

/** Too long to share a dead letter with the next. */
const LONG = `${"no JSON".padEnd(300, "!")}\n`;

test("dead letters that are full are told, and over once somebody makes room", async (t) => {
  const observed = await running(t, toFile("dead_letter:\n  max_bytes: 400\n"), LONG);
  const path = join(observed.folder, "data", "dead-letters.ndjson");
  await until("there is one letter", () => linesIn(path).length === 1);
  writeFileSync(join(observed.folder, "b.log"), LONG);
  assert.match(
    await reasonOf(observed),
    /^dead_letter: the pipeline waits since .*: the dead letters fill their 400 bytes/,
  );
  const scraped = await observed.scrape();
  assert.equal(scraped.get("sluice_dead_letter_bytes"), statSync(path).size);
  assert.equal(scraped.get("sluice_dead_letter_max_bytes"), 400);
  rmSync(path);
  await until("it is ready", () => isReady(observed));
});

test("a checkpoint that cannot be written is told", async (t) => {
  const observed = await running(t, toFile("checkpoint_interval: 10ms"), "");
  await until("it is ready", () => isReady(observed));
  const folder = join(observed.folder, "data", "checkpoint.json");
  rmSync(folder, { force: true });
  mkdirSync(join(folder, "in the way"), { recursive: true });
  writeFileSync(join(observed.folder, "b.log"), '{"n":1}\n');
  assert.match(await reasonOf(observed), /^checkpoint: cannot be written since .*: E/);
  rmSync(folder, { recursive: true });
  await until("it is ready", () => isReady(observed));
});

test("what is over sooner than unready_after does not count", async (t) => {
  const pipeline = toServer("http://127.0.0.1:1").replace("unready_after: 1ms", "unready_after: 1h");
  const observed = await running(t, pipeline, '{"n":1}\n');
  await observed.sluice.says("cannot write");
  assert.equal(await isReady(observed), true);
});

test("while it shuts down it can still be looked at, and says so", async (t) => {
  const pipeline = toServer("http://127.0.0.1:1").replace("shutdown_timeout: 300ms", "shutdown_timeout: 60s");
  const observed = await running(t, pipeline, '{"n":1}\n');
  await reasonOf(observed);
  observed.sluice.process.kill("SIGTERM");
  await observed.sluice.says("SIGTERM");
  const { status, reasons } = await observed.ask("readyz");
  assert.equal(status, 503);
  assert.match(reasons[0] ?? "", /it is shutting down/);
  assert.equal((await observed.ask("healthz")).status, 200);
});

test("--exit-when-stuck ends with 1, says why, and what was not delivered is read again", async (t) => {
  const { sluice, folder } = await running(t, toServer("http://127.0.0.1:1"), '{"n":1}\n', [
    "--exit-when-stuck",
    "50ms",
  ]);
  assert.equal(await sluice.exit, 1);
  assert.match(sluice.output.stderr, /still waited at the end: sinks\.search: cannot write/);
  assert.match(
    sluice.output.stderr,
    /sluice: stopped, as --exit-when-stuck says: sinks\.search: cannot write since .*ECONNREFUSED/,
  );
  await using server = await BulkServer.start();
  writeFileSync(join(folder, "pipeline.yaml"), toServer(server.url));
  const again = startSluice(folder, ["run", "--exit-on-eof", "--exit-when-stuck", "10m"]);
  assert.equal(await again.exit, 0);
  assert.equal(server.documents.size, 1);
});

test("--exit-when-stuck takes a duration", async (t) => {
  const sluice = startSluice(pipelineFolder(t, toFile()), ["run", "--exit-when-stuck", "soon"]);
  assert.equal(await sluice.exit, 2);
  assert.match(sluice.output.stderr, /--exit-when-stuck takes a duration: 30s, 10m, 2h/);
});

test("while a sink is stuck and the window is full, the lag of a file grows with the file", async (t) => {
  const pipeline = toServer("http://127.0.0.1:1").replace("sources:", "max_in_flight: 4MiB\nsources:");
  const line = `{"x":"${"x".repeat(1 << 20)}"}\n`;
  const observed = await running(t, pipeline, line.repeat(8));
  const read = keyOf("sluice_source_lag_bytes", { component: "sources.logs" });
  await until("the window is full", async () => {
    const scraped = await observed.scrape();
    return (scraped.get("sluice_window_bytes") ?? 0) >= 1 << 21 && (scraped.get(read) ?? 0) > 0;
  });
  const before = (await observed.scrape()).get(read) ?? 0;
  appendFileSync(join(observed.folder, "a.log"), line.repeat(8));
  // A last block may still have been read meanwhile.
  await until("the lag has grown", async () => ((await observed.scrape()).get(read) ?? 0) >= before + 4 * line.length);
  assert.ok(
    ((await observed.scrape()).get(keyOf("sluice_source_lag_seconds", { component: "sources.logs" })) ?? 0) > 0,
  );
});
