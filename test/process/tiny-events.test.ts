import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { pipelineFolder, sumsOf } from "../support/pipeline-folder.ts";
import { type RunningSluice, startSluice } from "../support/sluice.ts";

/** A log of events of 1 KB takes some 200 MB; all the events of some reads of tiny ones at once took 500 to 2,000. */
const MOST_BYTES = 320e6;

const LINES = 3_000_000;
const LIST_ITEMS = 20_000;

const CASES: readonly {
  title: string;
  text: string;
  options?: string;
  filters?: string;
  events: number;
  line: string;
}[] = [
  { title: "events of two bytes", text: "{}\n".repeat(LINES), events: LINES, line: "{}" },
  {
    title: "lines of text of one byte",
    text: "x\n".repeat(LINES),
    options: "decode: text",
    events: LINES,
    line: '{"message":"x"}',
  },
  {
    title: "lines that are no events, among some that are",
    text: `${"x\n".repeat(99)}{}\n`.repeat(LINES / 100),
    events: LINES / 100,
    line: "{}",
  },
  {
    title: "lists of tiny events",
    text: `{"items":[${"{},".repeat(LIST_ITEMS - 1)}{}]}\n`.repeat(LINES / LIST_ITEMS),
    filters: "filters: [{ type: split, field: items }]",
    events: LINES,
    line: "{}",
  },
];

for (const { title, text, options = "decode: json", filters = "", events, line } of CASES) {
  test(`a log of nothing but ${title} takes little more memory than any other`, {
    skip: !existsSync("/proc"),
  }, async (t) => {
    const folder = pipelineFolder(
      t,
      `data_dir: ./data
sources:
  log: { type: tail, paths: [audit.log], read_from: beginning, ${options} }
${filters}
sinks:
  out: { type: file, path: out/all.log }
`,
    );
    writeFileSync(join(folder, "audit.log"), text);
    const sluice = startSluice(folder, ["run", "--exit-on-eof"]);
    const peak = await peakOf(sluice);
    assert.equal(await sluice.exit, 0, sluice.output.stderr);
    assert.equal(statSync(join(folder, "out", "all.log")).size, events * (line.length + 1));
    assert.equal(sumsOf(sluice)[0]?.adds_up, true);
    assert.ok(peak < MOST_BYTES, `${(peak / 1e6).toFixed(0)} MB`);
  });
}

/** The most bytes that were resident, as far as somebody looked. */
async function peakOf({ process, exit }: RunningSluice): Promise<number> {
  let peak = 0;
  let hasEnded = false;
  exit.finally(() => (hasEnded = true));
  while (!hasEnded) {
    try {
      const kibibytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${process.pid}/status`, "latin1"))?.[1];
      peak = Math.max(peak, Number(kibibytes ?? 0) * 1024);
    } catch {
      // It has ended between two looks.
    }
    await wait(5);
  }
  return peak;
}
