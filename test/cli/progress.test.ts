import assert from "node:assert/strict";
import { test } from "node:test";
import { progressLine } from "../../src/cli/progress.ts";
import type { PipelineReport } from "../../src/index.ts";

const REPORT = {
  sources: [{ name: "sources.logs", events: 1_234_567, bytes: 0, behind: 2_500_000 }],
  sinks: [{ name: "sinks.search", lag: { bytes: 24_000_000, milliseconds: 12_000 } }],
  inFlightBytes: 24_000_000,
} as unknown as PipelineReport;

test("the progress says how much, how fast, and how far behind", () => {
  assert.equal(progressLine(REPORT, 61.26), "1,234,567 events  61.3 MB/s  lag 2.5 MB  in flight 24.0 MB");
});

test("the progress says which sink is stuck, for how long, how far behind, and why", () => {
  const trouble = {
    component: "sinks.search",
    what: "cannot write",
    reason: "connect\nECONNREFUSED",
    since: new Date(0),
    milliseconds: 12_000,
    tries: 4,
  };
  const line = progressLine(REPORT, 0, trouble);
  assert.match(line, /sinks\.search waits for 12 s, 24\.0 MB behind: cannot write: connect.ECONNREFUSED$/);
});
