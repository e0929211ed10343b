import assert from "node:assert/strict";
import nodeFileSystem from "node:fs";
import { afterEach, test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { configOf, filterOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { TAMPERED_FILE_SYSTEM, tampered } from "../support/tampered-file-system.ts";
import { until } from "../support/until.ts";

const LINES = Array.from({ length: 20 }, (_, n) => `{"n":${n}}`);

afterEach(() => {
  for (const name of Object.keys(tampered)) delete tampered[name as keyof typeof tampered];
});

test("what waits behind dead letters that cannot be written is not in flight any more once it is given up", async (t) => {
  let tries = 0;
  tampered.openSync = ((path: string, flags: string, mode: number) => {
    if (!path.includes("dead-letters")) return nodeFileSystem.openSync(path, flags, mode);
    tries++;
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  }) as typeof nodeFileSystem.openSync;
  const sink = new KeepingSink();
  const refuse = () => {
    throw new Error("it takes none");
  };
  const config = configOf(temporaryFolder(t), {
    sources: [sourceOf(linesSource(LINES))],
    filters: [filterOf({ apply: refuse })],
    sinks: [sinkOf(sink)],
    shutdownTimeout: 50,
  });
  const pipeline = new Pipeline(config, { fileSystemModule: TAMPERED_FILE_SYSTEM });
  await pipeline.start();
  t.after(() => pipeline.stop().catch(() => {}));
  await until("a dead letter waits, and reads behind it", () => tries > 0 && pipeline.report.inFlightBytes > 20);
  await pipeline.reload(async () => ({ ...config, filters: [filterOf({ apply: (events) => events })] }));
  await until("all is delivered", () => sink.texts.length === LINES.length);
  await until("the window is free", () => pipeline.report.inFlightBytes === 0);
  assert.deepEqual(sink.texts, LINES);
});
