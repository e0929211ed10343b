import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import fc from "fast-check";
import { explanation } from "../../src/cli/explain.ts";
import { sampleRequest } from "../../src/cli/sample-request.ts";
import { shellWord } from "../../src/cli/shell-word.ts";
import { loadConfig } from "../../src/load-config.ts";
import type { PipelineReport } from "../../src/pipeline/report.ts";
import { temporaryFolder } from "../support/folders.ts";

const PIPELINE = `
sources:
  log: { type: tail, paths: [audit.log] }
  hook: { type: http, listen: 0.0.0.0:8081, token: hunter2 }
sinks:
  per_user: { type: file, path: "out/{{ user.username }}/%Y.log" }
`;

const QUIET = { bytes: 0, behind: 0, behindFor: 0, waiting: true, partitions: 1 };

const report = (events: number, deadLettered = 0): PipelineReport => ({
  sources: ["sources.log", "sources.hook"].map((name) => ({ name, events, ...QUIET })),
  sinks: [
    {
      name: "sinks.per_user",
      received: 2 * events,
      created: 0,
      delivered: 2 * events - deadLettered,
      filtered: 0,
      deliveredBytes: 0,
      deadLettered,
      alreadyDelivered: 0,
      lag: { bytes: 0, milliseconds: 0 },
      addsUp: true,
    },
  ],
  counters: {},
  passed: {},
  unsettled: 0,
  inFlightBytes: 0,
  windowBytes: 0,
  reloads: { succeeded: 0, refused: 0, lastSucceeded: true },
  deadLetters: { count: deadLettered, bytes: 0, maxBytes: 1 },
  checkpointAge: 0,
  idle: true,
});

async function explain(test: TestContext, told: PipelineReport, hasRunBefore = false): Promise<string> {
  const folder = temporaryFolder(test);
  writeFileSync(join(folder, "pipeline.yaml"), PIPELINE);
  if (hasRunBefore) {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data/checkpoint.json"), "{}");
  }
  return explanation(told, await loadConfig(join(folder, "pipeline.yaml")), false);
}

describe("a pipeline that is explained", () => {
  it("says what was read, where the files lie, and how to send an event", async (test) => {
    const text = await explain(test, report(3));
    assert.match(text, /sources\.log {5}read 3 events from audit\.log\n/);
    assert.match(text, /sources\.hook {4}3 events came in; it listens on http:\/\/127\.0\.0\.1:8081\/\n/);
    assert.match(text, /sinks\.per_user {2}took 6 events\n/);
    assert.match(text, /\n {2}find \S+\/out -type f\n/);
    assert.match(text, /\n {2}curl http:\/\/127\.0\.0\.1:8081\/ /);
  });

  it("says that there is nothing new where a start goes on behind the last", async (test) => {
    assert.match(await explain(test, report(0), true), /nothing new to read from audit\.log/);
    assert.match(await explain(test, report(0)), /nothing to read from audit\.log yet/);
  });

  it("says where dead letters lie, if there are any", async (test) => {
    assert.doesNotMatch(await explain(test, report(1)), /dead letter/);
    assert.match(await explain(test, report(1, 1)), /1 dead letter, with the reasons in \S+dead-letters\.ndjson/);
  });

  it("shows no token", async (test) => {
    assert.doesNotMatch(await explain(test, report(0)), /hunter2/);
  });
});

describe("a command that is to be pasted", () => {
  it("is read by a shell as it was meant, whatever its words hold", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((word) => !word.includes("\0"));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
        const read = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], {
          encoding: "utf8",
        });
        assert.deepEqual(read.split("\0").slice(0, -1), words);
      }),
      { numRuns: 20 },
    );
  });

  it("sends to where this machine reaches the source, with what the source asks for", () => {
    const request = (options: Record<string, unknown>) => sampleRequest(options, process.cwd()) ?? "";
    assert.match(request({ listen: "[::]:80", path: "/it's" }), /^curl 'http:\/\/127\.0\.0\.1:80\/it'\\''s' -d '\{/);
    const guarded = request({ listen: "localhost:443", cert: "a b.pem", token: "hunter2" });
    assert.match(guarded, /^curl https:\/\/localhost:443\/ --cacert 'a b\.pem' -H "Authorization: Bearer \$TOKEN" /);
    assert.equal(sampleRequest({ listen: "127.0.0.1:0" }, "."), undefined);
    assert.equal(sampleRequest({ paths: ["a"] }, "."), undefined);
  });
});
