import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { linesIn, logOf, pipelineFolder, portOf } from "../support/pipeline-folder.ts";
import { startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const SOURCES = "sources:\n  web:\n    type: http\n    listen: 127.0.0.1:0\n";

async function post(port: number, body: string) {
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
  await response.arrayBuffer();
  return { status: response.status, retryAfter: response.headers.get("retry-after") };
}

/** A pipeline whose sink takes nothing while a file is there, and writes what it takes to another. */
function stuckPipeline(t: TestContext, options: string) {
  const folder = pipelineFolder(t, `${SOURCES}${options}sinks:\n  all:\n    type: ./sink.ts\n`);
  const flag = join(folder, "stuck");
  writeFileSync(flag, "");
  const plugin = new URL("../../src/plugin.ts", import.meta.url).href;
  writeFileSync(
    join(folder, "sink.ts"),
    `import { existsSync, appendFileSync } from "node:fs";
    import { defineSink } from "${plugin}";
    export default defineSink({
      description: "Takes nothing while a file is there.",
      options: { type: "object", properties: {} },
      create: () => ({
        async write(events) {
          if (existsSync(${JSON.stringify(flag)})) throw new Error("stuck");
          for (const { bytes } of events) appendFileSync(${JSON.stringify(join(folder, "taken"))}, Buffer.concat([bytes, Buffer.from("\\n")]));
        },
      }),
    });`,
  );
  return { folder, flag };
}

test("while the journal's disk fails senders are asked to try again; when it recovers all goes on, and nothing is lost or doubled", async (t) => {
  const folder = pipelineFolder(t, `${SOURCES}sinks:\n  all:\n    type: file\n    path: out/all.log\n`);
  const flag = join(folder, "fails");
  const fail = (how: string) => {
    writeFileSync(`${flag}.new`, how);
    renameSync(`${flag}.new`, flag);
  };
  const preload = new URL("failing-journal.ts", import.meta.url).href;
  const sluice = startSluice(folder, ["run"], { NODE_OPTIONS: `--import=${preload}`, FAIL_WHILE: flag });
  t.after(() => sluice.process.kill("SIGKILL"));
  const port = await portOf(sluice);
  const accepted: string[] = [];
  const sendAll = async (name: string) => {
    const bodies = Array.from({ length: 5 }, (_, index) => `{"name":"${name}","n":${index}}`);
    const answers = await Promise.all(bodies.map((body) => post(port, body)));
    accepted.push(...bodies.filter((_, index) => answers[index].status === 200));
    return [...new Set(answers.map(({ status, retryAfter }) => `${status} ${retryAfter}`))];
  };
  assert.deepEqual(await sendAll("before"), ["200 null"]);
  for (const [how, answer] of [
    ["write ENOSPC", "429 2"],
    ["write EIO", "503 2"],
    ["sync EIO", "503 2"],
    ["sync ENOSPC", "429 2"],
    ["write EROFS", "503 2"],
  ] as const) {
    fail(how);
    assert.deepEqual(await sendAll(how), [answer]);
    rmSync(flag);
    assert.deepEqual(await sendAll(`behind ${how}`), ["200 null"]);
  }
  await until("all is delivered", () => linesIn(join(folder, "out/all.log")).length >= accepted.length);
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
  assert.deepEqual(linesIn(join(folder, "out/all.log")).sort(), accepted.sort());
  assert.equal(logOf(sluice).filter(({ message }) => String(message).startsWith("cannot store")).length, 1);
});

test("a full journal refuses what comes until a sink has taken what it holds, across a restart, too", async (t) => {
  const { folder, flag } = stuckPipeline(t, "journal: { max_bytes: 100000 }\ncheckpoint_interval: 50ms\n");
  const accepted: string[] = [];
  const start = async () => {
    const sluice = startSluice(folder, ["run"]);
    t.after(() => sluice.process.kill("SIGKILL"));
    return { sluice, port: await portOf(sluice) };
  };
  const sendUntilFull = async (port: number) => {
    for (;;) {
      const body = JSON.stringify({ n: accepted.length, text: "x".repeat(8000) });
      const { status, retryAfter } = await post(port, body);
      if (status !== 200) return `${status} ${retryAfter}`;
      accepted.push(body);
    }
  };
  const first = await start();
  assert.equal(await sendUntilFull(first.port), "429 2");
  assert.ok(accepted.length > 8 && accepted.length < 13);
  for (const bytes of [100_000, 3_000_000]) {
    const { status, retryAfter } = await post(first.port, JSON.stringify({ text: "x".repeat(bytes) }));
    assert.deepEqual([status, retryAfter], [413, null], "what never fits is not to be sent again");
  }
  first.sluice.process.kill("SIGKILL");
  await first.sluice.exit;

  const { sluice, port } = await start();
  assert.equal(await sendUntilFull(port), "429 2");
  const before = accepted.length;
  rmSync(flag);
  await until("the journal has room", async () => (await sendUntilFull(port)) === "429 2" && accepted.length > before);
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
  assert.deepEqual(linesIn(join(folder, "taken")), accepted);
});

test("a request that was torn is cut off at the next start, one that is damaged is told and kept aside, and the others are delivered", async (t) => {
  const { folder, flag } = stuckPipeline(t, "");
  const first = startSluice(folder, ["run"]);
  t.after(() => first.process.kill("SIGKILL"));
  const port = await portOf(first);
  const journal = join(folder, "data/journal/web");
  const segment = join(journal, "0000000000000000.segment");
  const ends: number[] = [];
  for (const n of [1, 2, 3]) {
    assert.equal((await post(port, `{"n":${n}}`)).status, 200);
    ends.push(statSync(segment).size);
  }
  first.process.kill("SIGKILL");
  await first.exit;
  const bytes = readFileSync(segment);
  bytes[ends[1] - 3] ^= 1;
  writeFileSync(segment, Buffer.concat([bytes, bytes.subarray(0, ends[0] - 5)]));
  rmSync(flag);

  const second = startSluice(folder, ["run"]);
  t.after(() => second.process.kill("SIGKILL"));
  await until("the others are delivered", () => linesIn(join(folder, "taken")).length === 2);
  second.process.kill("SIGTERM");
  assert.equal(await second.exit, 0);
  assert.deepEqual(linesIn(join(folder, "taken")), ['{"n":1}', '{"n":3}']);
  const told = logOf(second).map(({ level, message }) => `${level}: ${message}`);
  assert.ok(told.some((text) => /^warn: cut off a request that was not wholly written/.test(text)));
  assert.ok(told.some((text) => /^error: a part of the journal is damaged/.test(text)));
  const aside = readdirSync(journal).filter((name) => name.startsWith("damaged-"));
  assert.deepEqual(
    aside.map((name) => statSync(join(journal, name)).size),
    [ends[1] - ends[0]],
  );
});
