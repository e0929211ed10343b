import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { defineListener } from "../../src/plugin.ts";
import { configOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { linesIn, pipelineFolder, portOf } from "../support/pipeline-folder.ts";
import { runSluice, startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const webhook = (name: string, port: number) => `  ${name}:\n    type: http\n    listen: 127.0.0.1:${port}\n`;
const TO_FILE = "sinks:\n  all:\n    type: file\n    path: out/all.log\n";

async function bound(t: TestContext): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await until("the port is bound", () => server.listening);
  return { server, port: (server.address() as { port: number }).port };
}

test("where one listener cannot bind, the others are closed again and the process ends", async (t) => {
  const taken = await bound(t);
  const free = await bound(t);
  free.server.close();
  const folder = pipelineFolder(t, `sources:\n${webhook("one", free.port)}${webhook("two", taken.port)}${TO_FILE}`);
  const { code, stderr } = await runSluice(folder, ["run"]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`sources\\.two: .* 127.0.0.1:${taken.port} .EADDRINUSE.: .*another port`));
});

test("what a start would fail on is named with its place by validate and by run, which end with 78", async (t) => {
  const yaml = `sources:
  web:
    type: http
    listen: 0.0.0.0:8443
    cert: absent.pem
    key: pipeline.yaml
${TO_FILE}`;
  const sound = `sources:
${webhook("one", 8443)}${webhook("two", 8444)}  three: { type: http, listen: 0.0.0.0:8443 }
observe: { listen: "127.0.0.1:8444" }
${TO_FILE}`;
  const [absent, clashing] = [pipelineFolder(t, yaml), pipelineFolder(t, sound)];
  for (const command of ["validate", "run"]) {
    const files = await runSluice(absent, [command]);
    assert.equal(files.code, 78);
    assert.match(files.stderr, /pipeline\.yaml:5:11 sources\.web\.cert: "absent\.pem" does not exist/);
    assert.match(files.stderr, /pipeline\.yaml:6:10 sources\.web\.key: "pipeline\.yaml" is no PEM file/);
    const ports = await runSluice(clashing, [command]);
    assert.equal(ports.code, 78);
    assert.match(ports.stderr, /:8:32 sources\.three\.listen: sources\.one\.listen listens on this port already/);
    assert.match(ports.stderr, /:9:20 observe\.listen: sources\.two\.listen listens on this port already/);
  }
});

test("a pipeline that cannot start closes the sinks and listeners that it made, and says so to who waits for its end", async (t) => {
  const closed: string[] = [];
  const sink = Object.assign(new KeepingSink(), { close: async () => void closed.push("sink") });
  const listener = (name: string, listen: () => Promise<void>) =>
    sourceOf(linesSource([]), {
      key: name,
      name: `sources.${name}`,
      definition: defineListener({
        description: "Made in the test.",
        options: { type: "object", properties: {} },
        create: () => ({ listen, close: async () => void closed.push(name) }),
      }),
    });
  const sources = [listener("one", async () => {}), listener("two", () => Promise.reject(new Error("taken")))];
  const pipeline = new Pipeline(configOf(temporaryFolder(t), { sources, sinks: [sinkOf(sink)] }));
  await assert.rejects(pipeline.start(), /taken/);
  await assert.rejects(pipeline.done, /taken/);
  assert.deepEqual(closed, ["one", "two", "sink"]);
});

test("a sink that cannot be made leaves none of the others open", async (t) => {
  let closed = 0;
  const sink = Object.assign(new KeepingSink(), { close: async () => void closed++ });
  const broken = sinkOf(sink);
  const definition = {
    ...broken.definition,
    create: () => {
      throw new Error("no key");
    },
  };
  const config = configOf(temporaryFolder(t), {
    sources: [sourceOf(linesSource([]))],
    sinks: [sinkOf(sink), { ...broken, key: "other", definition }],
  });
  await assert.rejects(new Pipeline(config).start(), /^Error: sinks\.\w+: no key/);
  assert.equal(closed, 1);
});

test("a journal that was lost goes on behind what the farthest sink has, before anything is accepted", async (t) => {
  const folder = pipelineFolder(
    t,
    `sources:\n${webhook("web", 0)}${TO_FILE}  other:\n    type: file\n    path: out/other.log\n`,
  );
  const data = join(folder, "data");
  mkdirSync(data);
  const at = (offset: number) => ({ web: { journal: { offset } } });
  writeFileSync(
    join(data, "checkpoint.json"),
    JSON.stringify({ version: 1, sinks: { all: at(5000), other: at(90_000) } }),
  );
  rmSync(join(data, "journal"), { recursive: true, force: true });
  const sluice = startSluice(folder, ["run"]);
  t.after(() => sluice.process.kill("SIGKILL"));
  const port = await portOf(sluice);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: '{"n":1}' })).status, 200);
  for (const name of ["all", "other"]) {
    await until(`${name} has it`, () => linesIn(join(folder, "out", `${name}.log`)).length === 1);
  }
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
});

test("more sources than the window has blocks: none of them waits for ever", async (t) => {
  const folder = temporaryFolder(t);
  const names = Array.from({ length: 12 }, (_, n) => `s${n}`);
  const sources = names.map((name) => `  ${name}:\n    type: tail\n    paths: [${name}.log]\n    poll_interval: 5ms\n`);
  writeFileSync(join(folder, "pipeline.yaml"), `max_in_flight: 1MiB\nsources:\n${sources.join("")}${TO_FILE}`);
  for (const name of names) writeFileSync(join(folder, `${name}.log`), `{"s":"${name}"}\n`);
  const sluice = startSluice(folder, ["run"]);
  t.after(() => sluice.process.kill("SIGKILL"));
  await until("every source has its turn", () => linesIn(join(folder, "out", "all.log")).length === names.length);
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
});

test("a data_dir that cannot be made is told with a remedy", async (t) => {
  const folder = pipelineFolder(t, `data_dir: taken/data\nsources:\n${webhook("web", 0)}${TO_FILE}`);
  writeFileSync(join(folder, "taken"), "a file");
  const { code, stderr } = await runSluice(folder, ["run"]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /cannot make the folder .*taken\/data \(ENOTDIR\): name another one with data_dir or --data-dir/,
  );
});

test("a checkpoint that can never be written is told at the start, before anything is", async (t) => {
  const tail = "sources:\n  logs:\n    type: tail\n    paths: [a.log]\n";
  const folder = pipelineFolder(t, `${tail}${TO_FILE}`);
  writeFileSync(join(folder, "a.log"), '{"n":1}\n');
  mkdirSync(join(folder, "data", "checkpoint.json.new"), { recursive: true });
  const { code, stderr } = await runSluice(folder, ["run", "--exit-on-eof"]);
  assert.equal(code, 1);
  assert.match(stderr, /EISDIR: .*checkpoint\.json\.new/);
  assert.equal(existsSync(join(folder, "out", "all.log")), false);
});

test("a checkpoint with a position that is none is damaged", async (t) => {
  const folder = pipelineFolder(t, `sources:\n${webhook("web", 0)}${TO_FILE}`);
  mkdirSync(join(folder, "data"));
  for (const sinks of [
    [],
    { all: null },
    { all: { web: { journal: { offset: "7" } } } },
    { all: { web: { journal: { offset: -1 } } } },
  ]) {
    writeFileSync(join(folder, "data", "checkpoint.json"), JSON.stringify({ version: 1, sinks }));
    const { code, stderr } = await runSluice(folder, ["run"]);
    assert.equal(code, 1);
    assert.match(stderr, /checkpoint.json is damaged/);
  }
});
