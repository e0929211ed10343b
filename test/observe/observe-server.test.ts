import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { observedPipeline, startObserved } from "../support/observed.ts";
import { pipelineFolder } from "../support/pipeline-folder.ts";
import { runSluice } from "../support/sluice.ts";

test("a port that another program has is told at the start, with what to do", async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const { code, stderr } = await runSluice(pipelineFolder(t, observedPipeline(`127.0.0.1:${port}`)), ["run"]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /sluice: observe: cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\): another program has it; choose another in observe\.listen/,
  );
});

test("it can only be read, and other paths are told what there is", async (t) => {
  const { url } = await startObserved(t);
  const posted = await fetch(`${url}/metrics`, { method: "POST", body: "x" });
  assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
  const unknown = await fetch(`${url}/metric`);
  assert.equal(unknown.status, 404);
  assert.match(await unknown.text(), /\/metrics, \/healthz, \/readyz/);
  const head = await fetch(`${url}/metrics`, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.match(head.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  assert.ok(Number(head.headers.get("content-length")) > 1000);
  assert.equal((await fetch(`${url}/readyz?probe=1`)).status, 200);
  assert.equal((await fetch(`${url}/readyz/sinks.all`)).status, 200);
  assert.equal((await fetch(`${url}/readyz/sinks.none`)).status, 404);
});

test("a pipeline that says nothing of it serves nothing", async (t) => {
  const pipeline = observedPipeline().replace(/observe:\n.*\n/, "");
  const { code, stderr } = await runSluice(pipelineFolder(t, pipeline), ["run", "--exit-on-eof"]);
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /serves metrics/);
});
