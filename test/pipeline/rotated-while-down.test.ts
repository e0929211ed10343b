import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import tail from "../../plugins/sources/tail/tail.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink } from "../../src/plugin.ts";
import { configOf, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { FolderSink, linesOf } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";
import { crashMachine } from "../support/killed-runs.ts";

const NAMES = ["anna", "bert", "carl"];
const lineOf = (n: number) => `{"name":"${NAMES[n % NAMES.length]}","n":${n}}`;
const textOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `${lineOf(from + n)}\n`).join("");
/** What the log holds before the kill, and what is written to it once it is rotated. */
const BEFORE = textOf(0, 14);
const AFTER = textOf(100, 140);
/** Files are written three to a batch: within the first batch, before the second, within the third. */
const WRITES = [2, 4, 8];

interface Rotation {
  readonly paths: readonly string[];
  readonly rotate: (log: string) => void;
}

const ROTATIONS: Readonly<Record<string, Rotation>> = {
  "renamed to what no glob names": { paths: ["a.log"], rotate: (log) => renameSync(log, `${log}.1`) },
  "renamed to what a glob names": { paths: ["a.log*"], rotate: (log) => renameSync(log, `${log}.1`) },
  "copied to what no glob names, and truncated": { paths: ["a.log"], rotate: copyAndTruncate },
  "copied to what a glob names, and truncated": { paths: ["a.log*"], rotate: copyAndTruncate },
  "renamed and compressed, and no glob names it": { paths: ["a.log"], rotate: compress },
  "renamed and compressed, and a glob names it": { paths: ["a.log*"], rotate: compress },
};

function copyAndTruncate(log: string): void {
  copyFileSync(log, `${log}.1`);
  truncateSync(log);
}

function compress(log: string): void {
  writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
  unlinkSync(log);
}

async function runToEnd(folder: string, paths: readonly string[], sinks: readonly Sink[], checkpointInterval: number) {
  const options = { paths, read_from: "beginning", include_compressed: true, poll_interval: "5ms", rotate_wait: "1s" };
  const config = configOf(folder, {
    sources: [sourceOf(linesSource([]), { definition: tail, options })],
    sinks: sinks.map((sink, index) =>
      sinkOf(sink, { key: `taken${index}`, name: `sinks.taken${index}`, batch: { events: 4 } }),
    ),
    checkpointInterval,
  });
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  return pipeline.done;
}

const outOf = (folder: string, sink: number) => join(folder, "data", "out", String(sink));

/** Reads the log, and leaves the folder as a kill would have, right before a file of a batch is written. */
async function killAtWrite(folder: string, paths: readonly string[], write: number, checkpointInterval: number) {
  const data = join(folder, "data");
  const killed = join(folder, "killed");
  const writing = (file: number) => {
    if (file === write) cpSync(data, killed, { recursive: true });
  };
  const sinks = [new FolderSink(outOf(folder, 0), { writing }), new FolderSink(outOf(folder, 1))];
  await runToEnd(folder, paths, sinks, checkpointInterval);
  rmSync(data, { recursive: true });
  renameSync(killed, data);
}

async function surviveRotation(folder: string, { paths, rotate }: Rotation, write: number, crashes: boolean) {
  mkdirSync(folder);
  const log = join(folder, "a.log");
  writeFileSync(log, BEFORE);
  await killAtWrite(folder, paths, write, write === WRITES.at(-1) ? 1 : 10_000);
  if (crashes) crashMachine(folder);
  rotate(log);
  appendFileSync(log, AFTER);
  const sinks = [0, 1].map((sink) => new FolderSink(outOf(folder, sink)));
  await runToEnd(folder, paths, sinks, 1);
  const expected = (BEFORE + AFTER).split("\n").slice(0, -1).toSorted();
  for (const sink of [0, 1]) assert.deepEqual(linesOf(outOf(folder, sink)).toSorted(), expected, `write ${write}`);
}

describe("killed within the first read of a log, each event is there once, though before the next start it was", () => {
  for (const [name, rotation] of Object.entries(ROTATIONS)) {
    for (const crashes of [false, true]) {
      it(`${name}${crashes ? ", and the machine has crashed" : ""}`, async (t) => {
        const parent = temporaryFolder(t);
        for (const write of crashes ? WRITES.slice(0, 1) : WRITES) {
          await surviveRotation(join(parent, String(write)), rotation, write, crashes);
        }
      });
    }
  }
});

it("of a log that is replaced by one that begins with the same KiB, within the first read of it, no line is lost", async (t) => {
  const banner = NAMES.map((name) => `${JSON.stringify({ name, banner: "=".repeat(500) })}\n`).join("");
  for (const write of WRITES) {
    const folder = temporaryFolder(t);
    const log = join(folder, "a.log");
    writeFileSync(log, banner + textOf(100, 140));
    await killAtWrite(folder, ["a.log"], write, 10_000);
    const lines = banner + textOf(200, 240);
    truncateSync(log);
    appendFileSync(log, lines);
    const sinks = [0, 1].map((sink) => new FolderSink(outOf(folder, sink)));
    await runToEnd(folder, ["a.log"], sinks, 1);
    for (const sink of [0, 1]) {
      const there = new Set(linesOf(outOf(folder, sink)));
      assert.deepEqual(
        lines.split("\n").filter((line) => line !== "" && !there.has(line)),
        [],
      );
    }
  }
});
