import assert from "node:assert/strict";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { linesIn, pipelineFolder } from "../support/pipeline-folder.ts";
import { SeededRandom } from "../support/random.ts";
import { startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const PIPELINE = `
checkpoint_interval: 50ms
sources:
  logs:
    type: tail
    paths: ["*.log"]
    poll_interval: 2ms
sinks:
  all:
    type: file
    path: out/all.ndjson
    batch:
      max_events: 70
`;

const STOPS = 10;

test("stopped and started again at any moment under load, over a rotation, it delivers each line once, to the byte", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const random = new SeededRandom(3);
  const path = join(folder, "a.log");
  const out = join(folder, "out", "all.ndjson");
  const written: string[] = [];
  const write = () => {
    const lines = Array.from(
      { length: 1 + random.below(200) },
      (_, n) => `{"n":${written.length + n},"x":"${"é".repeat(random.below(60))}"}`,
    );
    written.push(...lines);
    const text = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    const cut = random.below(text.length);
    appendFileSync(path, text.subarray(0, cut));
    setImmediate(() => appendFileSync(path, text.subarray(cut)));
  };
  writeFileSync(path, "");
  for (let stops = 0; stops < STOPS; stops++) {
    const sluice = startSluice(folder, ["run"]);
    t.after(() => sluice.process.kill("SIGKILL"));
    await sluice.says('"running"');
    const enough = written.length + 200 + random.below(2000);
    await until("enough is written", () => {
      write();
      return written.length >= enough && linesIn(out).length > written.length / 4;
    });
    await turn();
    if (stops === STOPS / 2) renameSync(path, join(folder, "b.log"));
    sluice.process.kill("SIGTERM");
    assert.equal(await sluice.exit, 0, sluice.output.stderr);
  }
  const last = startSluice(folder, ["run"]);
  t.after(() => last.process.kill("SIGKILL"));
  await last.says('"running"');
  await until("all is delivered", () => linesIn(out).length >= written.length);
  last.process.kill("SIGTERM");
  assert.equal(await last.exit, 0);
  const inOrder = (lines: string[]) => lines.toSorted((one, other) => JSON.parse(one).n - JSON.parse(other).n);
  assert.deepEqual(inOrder(linesIn(out)), written);
});
