import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { linesBelow, linesIn, logOf, pipelineFolder, portOf } from "../support/pipeline-folder.ts";
import { count, load, PIPELINE, post, REFUSED, reload, start, stop, TAKEN } from "../support/reloading.ts";
import { until } from "../support/until.ts";

test("a filter changes under load: nothing is lost or doubled, and the clients' connection stays", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const sluice = start(t, folder);
  const sent = load(await portOf(sluice), folder);
  await sent.more(100);
  for (let round = 0; round < 5; round++) {
    await reload(sluice, folder, PIPELINE.replace('== "none"', `== "none ${round}"`));
    await sent.more(20);
  }
  assert.deepEqual(await sent.end(), { statuses: [200], connections: 1 });
  await until("all is there", () => linesBelow(join(folder, "out")).length >= sent.expected.length);
  await stop(sluice);
  assert.deepEqual(linesBelow(join(folder, "out")).sort(), sent.expected.sort());
  const taken = logOf(sluice).filter(({ message }) => message === TAKEN);
  assert.deepEqual(
    taken.map(({ changed, kept }) => ({ changed, kept })),
    Array.from({ length: 5 }, () => ({ changed: "filters[0]", kept: 3 })),
  );
  assert.equal(count(sluice, '"adds_up":true'), 1);
});

test("a file that is wrong is refused with its complaints, and the old one runs on", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const sluice = start(t, folder);
  const sent = load(await portOf(sluice), folder);
  await sent.more(20);
  await reload(sluice, folder, PIPELINE.replace("poll_interval: 10ms", "poll_intervall: 10ms"), REFUSED);
  const { reason } = logOf(sluice).find(({ message }) => String(message).includes(REFUSED)) as { reason: string };
  assert.match(
    reason,
    /pipeline\.yaml:11:5 sources\.logs: unknown option "poll_intervall"\. Did you mean "poll_interval"\?/,
  );
  assert.match(reason, /\n.*poll_intervall: 10ms\n\s*\^/);
  await sent.more(20);
  await sent.end();
  await until("all is there", () => linesBelow(join(folder, "out")).length >= sent.expected.length);
  await stop(sluice);
  assert.deepEqual(linesBelow(join(folder, "out")).sort(), sent.expected.sort());
});

test("sources and sinks come, go and change while the rest runs on", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const sluice = start(t, folder);
  const port = await portOf(sluice);
  const sent = load(port, folder);
  await sent.more(50);
  const more = `${PIPELINE}  errors:
    type: file
    when: self.number >= 0
    path: errors.ndjson
`.replace("  logs:", "  later:\n    type: tail\n    paths: [later/*.log]\n    poll_interval: 10ms\n  logs:");
  mkdirSync(join(folder, "later"));
  writeFileSync(join(folder, "later", "x.log"), '{"user":"later","number":0}\n{"user":"later","number":1}\n');
  await reload(sluice, folder, more);
  await sent.more(50);
  await until("the new source is read", () => linesIn(join(folder, "out", "later.ndjson")).length === 2);
  const moved = more.replace("out/{{ user }}", "moved/{{ user }}");
  await reload(sluice, folder, moved);
  await sent.more(50);
  await reload(sluice, folder, PIPELINE.replace("out/{{ user }}", "moved/{{ user }}"));
  await sent.more(50);
  assert.deepEqual(await sent.end(), { statuses: [200], connections: 1 });
  const written = () => [...linesBelow(join(folder, "out")), ...linesBelow(join(folder, "moved"))];
  const expected = [...sent.expected, '{"user":"later","number":0}', '{"user":"later","number":1}'];
  await until("all is there", () => written().length >= expected.length);
  await stop(sluice);
  assert.deepEqual(written().sort(), expected.sort());
  const errors = linesIn(join(folder, "errors.ndjson"));
  assert.equal(new Set(errors).size, errors.length, "the new sink has nothing twice");
  assert.ok(
    errors.length >= 100 && errors.length < expected.length,
    `the new sink began at the present: ${errors.length}`,
  );
  const changes = logOf(sluice)
    .filter(({ message }) => message === TAKEN)
    .map(({ added, changed, removed, kept }) => ({ added, changed, removed, kept }));
  assert.deepEqual(changes, [
    { added: "sources.later, sinks.errors", changed: undefined, removed: undefined, kept: 4 },
    { added: undefined, changed: "sinks.all", removed: undefined, kept: 5 },
    { added: undefined, changed: undefined, removed: "sources.later, sinks.errors", kept: 4 },
  ]);
});

test("what a source that is removed has accepted is delivered", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const sluice = start(t, folder);
  const port = await portOf(sluice);
  const lines = Array.from({ length: 20_000 }, (_, number) => JSON.stringify({ user: "many", number }));
  const agent = new Agent();
  t.after(() => agent.destroy());
  assert.equal((await post(port, agent, lines.join("\n"))).status, 200);
  await reload(sluice, folder, PIPELINE.replace(/ {2}webhook:.*\n.*\n.*\n/, ""));
  assert.deepEqual(linesIn(join(folder, "out", "many.ndjson")), lines);
  await assert.rejects(post(port, agent, lines[0] as string), "it listens no more");
  await stop(sluice);
});

test("a listener whose options change keeps its address and its journal", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const port = await freePort();
  const listening = PIPELINE.replace("127.0.0.1:0", `127.0.0.1:${port}`);
  writeFileSync(join(folder, "pipeline.yaml"), listening);
  const sluice = start(t, folder);
  await sluice.says("listening");
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  assert.equal((await post(port, agent, '{"user":"a","number":1}')).status, 200);
  writeFileSync(join(folder, "token"), "hush-first\n");
  const secret = listening.replace("type: http", 'type: http\n    token: "${file:token}"');
  await reload(sluice, folder, secret);
  assert.equal((await post(port, agent, '{"user":"a","number":2}')).status, 401);
  const send = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: '{"user":"a","number":3}' }))
      .status;
  };
  assert.equal(await send("hush-first"), 200);
  writeFileSync(join(folder, "token"), "hush-second\n");
  await reload(sluice, folder, secret);
  assert.deepEqual([await send("hush-first"), await send("hush-second")], [401, 200]);
  const written = () => linesIn(join(folder, "out", "a.ndjson"));
  await until("all is there", () => written().length === 3);
  await stop(sluice);
  assert.equal(sluice.output.stderr.includes("hush"), false, "no secret is told");
});

test("a listener that cannot have its address is refused, and nothing else changes", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const sluice = start(t, folder);
  const port = await portOf(sluice);
  const other = createServer().listen(0, "127.0.0.1");
  t.after(() => other.close());
  await until("the other program listens", () => other.listening);
  const { port: taken } = other.address() as AddressInfo;
  const sent = load(port, folder);
  await reload(sluice, folder, PIPELINE.replace("127.0.0.1:0", `127.0.0.1:${taken}`), REFUSED);
  assert.match(sluice.output.stderr, /EADDRINUSE/);
  await sent.more(20);
  assert.deepEqual((await sent.end()).statuses, [200]);
  await until("all is there", () => linesBelow(join(folder, "out")).length >= sent.expected.length);
  await reload(sluice, folder, `data_dir: other${PIPELINE}`, REFUSED);
  assert.match(sluice.output.stderr, /data_dir cannot be changed while the pipeline runs: stop it and start it again/);
  await stop(sluice);
  assert.deepEqual(linesBelow(join(folder, "out")).sort(), sent.expected.sort());
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await until("a port is found", () => server.listening);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
