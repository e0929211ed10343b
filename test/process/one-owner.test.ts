import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { linesIn, pipelineFolder } from "../support/pipeline-folder.ts";
import { runSluice, startSluice } from "../support/sluice.ts";

const pipeline = (path: string) =>
  `sources:\n  web:\n    type: http\n    listen: 127.0.0.1:0\nsinks:\n  all:\n    type: file\n    path: ${path}\n`;

test("a second instance on the same data_dir is refused, and says who has it; a killed one is no obstacle", async (t) => {
  const folder = pipelineFolder(t, pipeline("out/all.log"));
  const first = startSluice(folder, ["run"]);
  t.after(() => first.process.kill("SIGKILL"));
  await first.says('"running"');
  const refused = await runSluice(folder, ["run"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /data belongs to a pipeline that is running: process \d+ on \S+ since \d{4}-/);
  assert.match(
    refused.stderr,
    new RegExp(`process ${first.process.pid} .* with ${folder}/pipeline\\.yaml\\. Stop that one`),
  );
  assert.equal((await runSluice(folder, ["validate"])).code, 0);

  first.process.kill("SIGKILL");
  await first.exit;
  const second = startSluice(folder, ["run"]);
  t.after(() => second.process.kill("SIGKILL"));
  await second.says('"running"');
  second.process.kill("SIGTERM");
  assert.equal(await second.exit, 0);
  assert.doesNotMatch(second.output.stderr, /Experimental/);
});

test("two pipelines do not write below the same folder, whatever their data_dir", async (t) => {
  const out = join(pipelineFolder(t, ""), "out");
  const one = startSluice(pipelineFolder(t, pipeline(`${out}/one.log`)), ["run"]);
  t.after(() => one.process.kill("SIGKILL"));
  await one.says('"running"');
  const { code, stderr } = await runSluice(pipelineFolder(t, pipeline(`${out}/{{ user }}/two.log`)), ["run"]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`${out} belongs to a pipeline that is running: process ${one.process.pid} `));
  assert.equal(linesIn(join(out, ".sluice.owner")).length, 1);
  assert.equal(readFileSync(join(out, ".sluice.lock"), "utf8"), "");
});
