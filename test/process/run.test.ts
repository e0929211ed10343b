import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../support/folders.ts";
import { runSluice, startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const event = (n: number, user = "alice"): string =>
  JSON.stringify({ stage: "ResponseComplete", user: { username: user }, stageTimestamp: "2026-03-01T10:00:00Z", n });

const PIPELINE = `
sources:
  audit_log:
    type: tail
    paths: [audit.log]
    poll_interval: 10ms
sinks:
  per_user:
    type: file
    path: out/{{ user.username }}/%Y-%m-%d.log
`;

function folderWith(t: TestContext, pipeline: string, lines: readonly string[] = []): string {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "pipeline.yaml"), pipeline);
  writeFileSync(join(folder, "audit.log"), lines.map((line) => `${line}\n`).join(""));
  return folder;
}

const written = (folder: string, user = "alice"): string[] =>
  readFileSync(join(folder, "out", user, "2026-03-01.log"), "utf8")
    .trimEnd()
    .split("\n");

const logOf = (stderr: string): Record<string, unknown>[] =>
  stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("--exit-on-eof reads all, delivers all, and the next run goes on where it stopped", async (t) => {
  const folder = folderWith(t, PIPELINE, [event(1), event(2)]);
  const first = await runSluice(folder, ["run", "--exit-on-eof"]);
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual(written(folder), [event(1), event(2)]);
  appendFileSync(join(folder, "audit.log"), `${event(3)}\n`);
  assert.equal((await runSluice(folder, ["run", "--exit-on-eof"])).code, 0);
  assert.deepEqual(written(folder), [event(1), event(2), event(3)]);
});

test("the log is JSON lines where stderr is no terminal, and ends with sums that add up", async (t) => {
  const folder = folderWith(t, PIPELINE, [event(1), "no JSON", event(2)]);
  const { code, stderr } = await runSluice(folder, ["run", "--exit-on-eof"]);
  assert.equal(code, 0);
  const sums = logOf(stderr).find(({ message }) => message === "sums");
  assert.deepEqual([sums?.received, sums?.delivered, sums?.dead_lettered, sums?.adds_up], [3, 2, 1, true]);
});

test("--log-level error says nothing when nothing is wrong; --data-dir moves the checkpoint", async (t) => {
  const folder = folderWith(t, PIPELINE, [event(1)]);
  const { code, stderr } = await runSluice(folder, [
    "run",
    "--exit-on-eof",
    "--log-level",
    "error",
    "--data-dir",
    "state",
  ]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(readFileSync(join(folder, "state", "checkpoint.json")));
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} delivers what is in flight and ends with 0`, async (t) => {
    const folder = folderWith(t, PIPELINE, [event(1)]);
    const sluice = startSluice(folder, ["run"]);
    await sluice.says("running");
    appendFileSync(join(folder, "audit.log"), `${event(2)}\n`);
    await until("it is written", () => sluice.process.exitCode !== null || hasLines(folder, 2));
    sluice.process.kill(signal);
    assert.equal(await sluice.exit, 0, sluice.output.stderr);
    assert.deepEqual(written(folder), [event(1), event(2)]);
  });
}

test("a second signal ends at once what a sink holds up", async (t) => {
  let isStuck = false;
  const stuck = createServer((socket) => {
    isStuck = true;
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  t.after(() => stuck.close());
  await until("the server listens", () => stuck.listening);
  const { port } = stuck.address() as { port: number };
  const search = `  search:\n    type: opensearch\n    endpoints: ["http://127.0.0.1:${port}"]\n    index: audit\n`;
  const folder = folderWith(t, PIPELINE.replace(/sinks:.*/s, `sinks:\n${search}`), [event(1)]);
  const sluice = startSluice(folder, ["run"]);
  await until("the sink is stuck", () => isStuck);
  sluice.process.kill("SIGTERM");
  await sluice.says("a second signal ends at once");
  // One that follows closely counts as the first: so again, until it is taken for another.
  await until("it ends", () => sluice.process.exitCode !== null || !sluice.process.kill("SIGTERM"));
  assert.equal(await sluice.exit, 1);
});

test("an event by HTTP is answered 200 and lands in its user's file", async (t) => {
  const http = "  webhook:\n    type: http\n    listen: 127.0.0.1:0\n";
  const folder = folderWith(t, PIPELINE.replace("sinks:", `${http}sinks:`));
  const sluice = startSluice(folder, ["run"]);
  await sluice.says("listening");
  const { port } = logOf(sluice.output.stderr).find(({ message }) => message === "listening") as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}/?timeout=30s`, { method: "POST", body: event(1, "bob") });
  assert.equal(answer.status, 200);
  await until("it is written", () => hasLines(folder, 1, "bob"));
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
  assert.deepEqual(written(folder, "bob"), [event(1, "bob")]);
});

test("--exit-on-eof with an http source is wrong usage", async (t) => {
  const http = "  webhook:\n    type: http\n    listen: 127.0.0.1:0\n";
  const folder = folderWith(t, PIPELINE.replace("sinks:", `${http}sinks:`));
  const { code, stderr } = await runSluice(folder, ["run", "--exit-on-eof"]);
  assert.equal(code, 2);
  assert.match(stderr, /sources.webhook never does/);
});

test("a port that is in use ends the run with 1 and says which", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  t.after(() => taken.close());
  await until("the port is taken", () => taken.listening);
  const { port } = taken.address() as { port: number };
  const folder = folderWith(
    t,
    PIPELINE.replace("sinks:", `  webhook:\n    type: http\n    listen: 127.0.0.1:${port}\nsinks:`),
  );
  const { code, stderr } = await runSluice(folder, ["run"]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`127.0.0.1:${port}`));
});

test("a wrong configuration ends with 78 and every complaint", async (t) => {
  const folder = folderWith(t, PIPELINE.replace("paths:", "path:").replace("type: file", "type: fil"));
  for (const command of ["run", "validate"]) {
    const { code, stderr } = await runSluice(folder, [command]);
    assert.equal(code, 78);
    assert.match(stderr, /pipeline.yaml:5:5 sources.audit_log: unknown option "path". Did you mean "paths"\?/);
    assert.match(stderr, /Did you mean "file"\?/);
  }
});

test("a pipeline.yaml that is not there is told by name", async (t) => {
  const folder = temporaryFolder(t);
  const none = await runSluice(folder, ["run"]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /there is no pipeline.yaml here/);
  const missing = await runSluice(folder, ["validate", "other.yaml"]);
  assert.equal(missing.code, 78);
  assert.match(missing.stderr, /other.yaml/);
});

test("wrong words end with 2 and a hint; help and version with 0", async (t) => {
  const folder = temporaryFolder(t);
  for (const words of [
    [],
    ["rum"],
    ["run", "--fast"],
    ["run", "a.yaml", "b.yaml"],
    ["run", "--log-level", "loud"],
    ["run", "--data-dir", ""],
    ["follow"],
  ]) {
    assert.equal((await runSluice(folder, words)).code, 2, words.join(" "));
  }
  for (const words of [
    ["--help"],
    ["help", "run"],
    ["run", "--help"],
    ["validate", "--help"],
    ["follow", "-h"],
    ["--version"],
  ]) {
    const { code, stdout } = await runSluice(folder, words);
    assert.equal(code, 0, words.join(" "));
    assert.notEqual(stdout, "");
  }
});

test("validate says what there is", async (t) => {
  const folder = folderWith(t, PIPELINE);
  const { code, stdout } = await runSluice(folder, ["validate"]);
  assert.equal(code, 0);
  assert.equal(stdout, "pipeline.yaml is valid: 1 source, 0 shared filters, 1 sink.\n");
});

test("a damaged checkpoint is told with a remedy, and nothing is read", async (t) => {
  const folder = folderWith(t, PIPELINE, [event(1)]);
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data", "checkpoint.json"), "{");
  const { code, stderr } = await runSluice(folder, ["run", "--exit-on-eof"]);
  assert.equal(code, 1);
  assert.match(stderr, /checkpoint.json is damaged. Restore the data folder as a whole/);
});

function hasLines(folder: string, count: number, user?: string): boolean {
  try {
    return written(folder, user).length >= count;
  } catch {
    return false;
  }
}
