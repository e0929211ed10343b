import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { observationOf } from "../support/observed.ts";
import { linesIn, logOf, pipelineFolder } from "../support/pipeline-folder.ts";
import { count, PIPELINE, REFUSED, start, stop, TAKEN } from "../support/reloading.ts";
import { until } from "../support/until.ts";

const OBSERVED = `${PIPELINE}observe:\n  listen: 127.0.0.1:0\n`;

test("a pipeline.yaml that is written to is taken, and one that is wrong is not: the metrics say which", async (t) => {
  const folder = pipelineFolder(t, OBSERVED);
  const sluice = start(t, folder, ["--watch"]);
  const seen = await observationOf(sluice);
  const path = join(folder, "pipeline.yaml");
  writeFileSync(path, OBSERVED.replace("out/", "other/"));
  await until("it is taken", () => count(sluice, TAKEN) === 1);
  writeFileSync(path, "sources: 1\n");
  await until("it is refused", () => count(sluice, REFUSED) === 1);
  const { scrape, ask } = seen;
  const refused = await scrape();
  assert.deepEqual(
    [
      refused.get('sluice_reloads_total{outcome="succeeded"}'),
      refused.get('sluice_reloads_total{outcome="refused"}'),
      refused.get("sluice_last_reload_succeeded"),
    ],
    [1, 1, 0],
  );
  assert.equal((await ask("readyz")).status, 200, "what runs is well");
  writeFileSync(path, OBSERVED.replace("  all:", "  every:"));
  await until("it is taken", () => count(sluice, TAKEN) === 2);
  assert.equal((await scrape()).get("sluice_last_reload_succeeded"), 1);
  assert.equal((await ask("readyz/sinks.every")).status, 200);
  assert.equal((await fetch(`${seen.url}/readyz/sinks.all`)).status, 404);
  await stop(sluice);
});

test("a folder whose link switches, as a ConfigMap's does, and a secret's file that changes are seen", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const version = (name: string, pipeline: string, token: string) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "pipeline.yaml"), pipeline);
    writeFileSync(join(folder, name, "token"), token);
    symlinkSync(name, join(folder, `..${name}`));
    renameSync(join(folder, `..${name}`), join(folder, "..data"));
  };
  const secret = PIPELINE.replace("type: http", `type: http\n    token: "\${file:..data/token}"`);
  version("1", secret, "hush-1");
  renameSync(join(folder, "pipeline.yaml"), join(folder, "unused.yaml"));
  symlinkSync("..data/pipeline.yaml", join(folder, "pipeline.yaml"));
  writeFileSync(join(folder, "a.log"), '{"user":"a","number":1}\n');
  const sluice = start(t, folder, ["--watch"]);
  await until("it runs", () => linesIn(join(folder, "out", "a.ndjson")).length === 1);
  version("2", secret.replace('"none"', '"nothing"'), "hush-1");
  await until("it is taken", () => count(sluice, TAKEN) === 1);
  writeFileSync(join(folder, "2", "token"), "hush-2");
  await until("it is taken", () => count(sluice, TAKEN) === 2);
  const changed = logOf(sluice)
    .filter(({ message }) => message === TAKEN)
    .map((entry) => entry.changed);
  assert.deepEqual(changed, ["filters[0]", "sources.webhook"]);
  assert.equal(sluice.output.stderr.includes("hush"), false, "no secret is told");
  await stop(sluice);
  assert.equal(readFileSync(join(folder, "out", "a.ndjson"), "utf8"), '{"user":"a","number":1}\n');
});
