import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { configOf, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { FolderSink } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";
import { crashMachine } from "../support/killed-runs.ts";

const LINES = ['{"name":"anna","n":0}', '{"name":"bert","n":1}'];

/** Runs to the end, and returns how often the sink was synced before a checkpoint. */
async function syncsOf(folder: string, lines: readonly string[], syncing = () => {}): Promise<number> {
  let syncs = 0;
  const sink = new FolderSink(join(folder, "out"), {
    syncing: () => {
      syncs++;
      syncing();
    },
  });
  const config = configOf(folder, { sources: [sourceOf(linesSource(lines))], sinks: [sinkOf(sink)] });
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  await pipeline.done;
  return syncs;
}

const checkpointIn = (folder: string) => join(folder, "data", "checkpoint.json");

function editCheckpoint(folder: string, edit: (record: Record<string, unknown>) => object): void {
  const path = checkpointIn(folder);
  writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, "utf8")))));
}

test("a start that finds nothing to settle, and reads nothing, keeps no checkpoint waiting for a sync", async (t) => {
  const folder = temporaryFolder(t);
  assert.equal(await syncsOf(folder, []), 0);
  assert.match(readFileSync(checkpointIn(folder), "utf8"), /"generation":1/);
  assert.equal(await syncsOf(folder, LINES), 1);
  assert.equal(await syncsOf(folder, []), 0);
  crashMachine(folder);
  assert.equal(await syncsOf(folder, []), 0);
});

test("what a process left that died is synced before a checkpoint counts it, whatever it left it in", async (t) => {
  const folder = join(temporaryFolder(t), "run");
  const killed = `${folder}-killed`;
  // At the end, the batch is written, and the checkpoint does not count it yet.
  await syncsOf(folder, LINES, () => cpSync(folder, killed, { recursive: true }));
  const rebooted = `${killed}-and-rebooted`;
  cpSync(killed, rebooted, { recursive: true });
  crashMachine(rebooted);
  assert.equal(await syncsOf(killed, []), 1);
  assert.equal(await syncsOf(rebooted, []), 1);
});

test("a checkpoint of a Sluice that did not sync is not taken over before its sinks are synced", async (t) => {
  const folder = temporaryFolder(t);
  await syncsOf(folder, LINES);
  editCheckpoint(folder, () => ({ version: 1, sinks: { taken: {} } }));
  assert.equal(await syncsOf(folder, []), 1);
});
