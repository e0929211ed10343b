import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../src/cli/exit-code.ts";
import { linesIn, pipelineFolder } from "../support/pipeline-folder.ts";
import { startProcess } from "../support/sluice.ts";

const LAUNCHER = fileURLToPath(new URL("../support/old-node.ts", import.meta.url));

const PIPELINE = `sources:
  logs:
    type: tail
    paths: [a.log]
sinks:
  all:
    type: file
    path: out/all.log
`;

for (const [signal, code] of [
  ["SIGTERM", 0],
  ["SIGKILL", null],
] as const) {
  test(`where a Node that is too old starts another one, ${signal} ends both`, async (t) => {
    const folder = pipelineFolder(t, PIPELINE);
    writeFileSync(join(folder, "a.log"), '{"n":1}\n');
    for (const _ of ["once", "again"]) {
      const sluice = startProcess(LAUNCHER, folder, ["run"]);
      t.after(() => sluice.process.kill("SIGTERM"));
      await sluice.says("running");
      sluice.process.kill(signal);
      // Both have ended when nobody holds their output any more.
      assert.equal(await sluice.exit, code);
    }
  });
}

test("where a Node that is too old starts another one, the work and its end are as they would be", async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  writeFileSync(join(folder, "a.log"), '{"n":1}\n');
  const sluice = startProcess(LAUNCHER, folder, ["run", "--exit-on-eof"]);
  assert.equal(await sluice.exit, 0);
  assert.deepEqual(linesIn(join(folder, "out", "all.log")), ['{"n":1}']);
  assert.equal(await startProcess(LAUNCHER, folder, ["walk"]).exit, EXIT.USAGE);
});
