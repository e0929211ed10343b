import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { realLines } from "../support/filters.ts";
import { linesIn, pipelineFolder, sumsOf } from "../support/pipeline-folder.ts";
import { SeededRandom } from "../support/random.ts";
import { runSluice } from "../support/sluice.ts";

const PIPELINE = `
sources:
  logs:
    type: tail
    paths: [input.log]
filters:
  - type: drop
    when: self.verb == "no such verb"
  - type: drop_system_users
    users: [nobody]
  - type: redact
    resources: []
sinks:
  all:
    type: file
    path: out/all.log
`;

const SEEDS = [1, 2, 3];
const REAL = ["kubernetes-v1alpha1.ndjson", "openshift-v1.ndjson", "panther-eks.ndjson"].flatMap(realLines);

/** Lines of audit events, most of them damaged, and of any bytes. */
function input(random: SeededRandom): Buffer {
  const pieces = Array.from({ length: 1500 }, () => {
    const real = Buffer.from(random.of(REAL));
    return random.of([
      () => real,
      () => random.mutated(real),
      () => random.mutated(real),
      () => random.bytes(random.below(60)),
    ])();
  });
  return Buffer.concat(pieces.flatMap((piece) => [piece, Buffer.from(random.of(["\n", "\r\n", "\n\n"]))]));
}

/** The lines as the specification of the source has them, and whether JSON.parse says that they are events. */
function expected(bytes: Buffer): { events: string[]; others: string[] } {
  const [events, others]: [string[], string[]] = [[], []];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf("\n", start);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(start, bytes[end - 1] === 0x0d && end > start ? end - 1 : end);
    if (line.toString("latin1").trim() !== "") (isEvent(line) ? events : others).push(line.toString("latin1"));
    start = end + 1;
  }
  return { events, others };
}

function isEvent(line: Buffer): boolean {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line)) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

for (const seed of SEEDS) {
  test(`every line is delivered if JSON.parse takes it as an object, else a dead letter (seed ${seed})`, async (t) => {
    const folder = pipelineFolder(t, PIPELINE);
    const bytes = input(new SeededRandom(seed));
    writeFileSync(join(folder, "input.log"), bytes);
    const { code, ...output } = await runSluice(folder, ["run", "--exit-on-eof"]);
    assert.equal(code, 0, output.stderr);
    const { events, others } = expected(bytes);
    const [sums] = sumsOf({ output });
    assert.equal(sums?.adds_up, true);
    assert.deepEqual([sums?.delivered, sums?.dead_lettered], [events.length, others.length]);
    assert.equal(linesIn(join(folder, "out", "all.log")).length, events.length);
    const letters = linesIn(join(folder, "data", "dead-letters.ndjson")).map((line) => JSON.parse(line));
    // Short ones that follow each other share a letter, with the line ends between them.
    const kept = letters.flatMap(({ base64, bytes, records }) => {
      const text = Buffer.from(base64 ?? bytes, base64 ? "base64" : "utf8").toString("latin1");
      return records === undefined ? [text] : text.split("\n").filter((line) => line.trim() !== "");
    });
    assert.deepEqual(
      kept.map((each) => each.trim()),
      others.map((each) => each.trim()),
    );
  });
}
