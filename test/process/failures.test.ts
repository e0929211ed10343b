import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Config } from "../../src/config/config.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink, Source } from "../../src/plugin.ts";
import { configOf, filterOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { linesIn, pipelineFolder, sumsOf } from "../support/pipeline-folder.ts";
import { runSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const LINES = ['{"n":1}', '{"n":2}'];

function hang<T>(deaf: { asked: boolean }): Promise<T> {
  deaf.asked = true;
  return new Promise<T>(() => {});
}

async function started(config: Config, options = {}): Promise<Pipeline> {
  const pipeline = new Pipeline(config, options);
  await pipeline.start();
  return pipeline;
}

/** Gives its lines, then fails. */
const failing: Source = {
  async *read(resume, signal) {
    yield* linesSource(LINES).read(resume, signal);
    throw new Error("the wire is cut");
  },
};

test("a source that fails ends the pipeline, once what it brought and what the others hold is delivered", async (t) => {
  const sink = new KeepingSink();
  const other: Source = {
    async *read(resume, signal) {
      yield* linesSource(['{"n":3}'], "p2").read(resume, signal);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  const sources = [sourceOf(failing), sourceOf(other, { key: "other", name: "sources.other" })];
  const pipeline = await started(configOf(temporaryFolder(t), { sources, sinks: [sinkOf(sink)] }));
  await assert.rejects(pipeline.done, /^Error: sources.given: the wire is cut$/);
  assert.deepEqual(sink.texts.toSorted(), [...LINES, '{"n":3}']);
  assert.equal(pipeline.report.unsettled, 0);
  assert.equal(pipeline.report.sinks[0]?.addsUp, true);
});

test("under --exit-on-eof the other sources are read to their ends all the same", async (t) => {
  const sink = new KeepingSink();
  const slow: Source = {
    async *read(resume, signal) {
      await until("the other one has failed", () => sink.texts.length === LINES.length);
      yield* linesSource(['{"n":3}'], "p2").read(resume, signal);
    },
  };
  const sources = [sourceOf(failing), sourceOf(slow, { key: "slow", name: "sources.slow" })];
  const pipeline = await started(configOf(temporaryFolder(t), { sources, sinks: [sinkOf(sink)] }), { untilEnd: true });
  await assert.rejects(pipeline.done, /the wire is cut/);
  assert.deepEqual(sink.texts, [...LINES, '{"n":3}']);
});

const DEAF: readonly [what: string, parts: (deaf: { asked: boolean }) => Partial<Config>][] = [
  ["a sink's write", (deaf) => ({ sinks: [sinkOf({ write: () => hang<void>(deaf) } satisfies Sink)] })],
  ["a filter", (deaf) => ({ filters: [filterOf({ apply: () => hang(deaf) })] })],
  [
    "a source",
    (deaf) => ({
      sources: [
        sourceOf({
          read: () => ({
            [Symbol.asyncIterator]: () => ({
              next: () => hang(deaf),
            }),
          }),
        }),
      ],
    }),
  ],
];

for (const [what, parts] of DEAF) {
  test(`${what} that hears no signal does not hold up stop() for ever`, async (t) => {
    const deaf = { asked: false };
    const usual = { sources: [sourceOf(linesSource(LINES))], sinks: [sinkOf(new KeepingSink())] };
    const pipeline = await started(configOf(temporaryFolder(t), { ...usual, ...parts(deaf), shutdownTimeout: 20 }));
    await until("it hangs", () => deaf.asked);
    await pipeline.stop();
  });
}

const JUNK: readonly [what: string, answer: (given: readonly unknown[]) => unknown][] = [
  ["no list", () => ({ rejected: true })],
  ["rejections of nothing", () => [undefined]],
  ["the same rejection twice", ([event]) => [1, 2].map(() => ({ event, reason: "no" }))],
  ["events of its own", () => [{ event: { bytes: new Uint8Array(0) }, reason: "no" }]],
];

for (const [what, answer] of JUNK) {
  test(`a sink that returns ${what} has taken nothing: it is asked again, and the sums stay right`, async (t) => {
    const sink = new KeepingSink();
    let tries = 0;
    const write: Sink["write"] = (events) => {
      tries++;
      return tries === 1 ? (Promise.resolve(answer(events)) as Promise<never>) : sink.write(events);
    };
    const config = configOf(temporaryFolder(t), {
      sources: [sourceOf(linesSource(LINES))],
      sinks: [sinkOf({ write })],
    });
    const { sinks } = await (await started(config, { untilEnd: true })).done;
    assert.deepEqual(sink.texts, LINES);
    assert.deepEqual([sinks[0]?.delivered, sinks[0]?.addsUp], [2, true]);
  });
}

test("a file that cannot be read makes --exit-on-eof fail, after all else was delivered", async (t) => {
  const folder = pipelineFolder(
    t,
    "sources:\n  logs:\n    type: tail\n    paths: ['*.log']\nsinks:\n  all:\n    type: file\n    path: out/all.log\n",
  );
  writeFileSync(join(folder, "good.log"), `${LINES.join("\n")}\n`);
  symlinkSync("loop.log", join(folder, "loop.log"));
  const { code, ...output } = await runSluice(folder, ["run", "--exit-on-eof"]);
  assert.equal(code, 1);
  assert.match(output.stderr, /sluice: sources.logs: cannot read .*loop.log \(ELOOP\); all else was read/);
  assert.deepEqual(linesIn(join(folder, "out", "all.log")), LINES);
  assert.equal(sumsOf({ output })[0]?.adds_up, true);
});

test("in a flood of lines that are no JSON each counts, and all are kept", async (t) => {
  const folder = pipelineFolder(
    t,
    "sources:\n  logs:\n    type: tail\n    paths: ['*.log']\nsinks:\n  all:\n    type: console\n",
  );
  const count = 20_000;
  writeFileSync(join(folder, "a.log"), "x\n".repeat(count));
  const { code, ...output } = await runSluice(folder, ["run", "--exit-on-eof"]);
  assert.equal(code, 0);
  const [sums] = sumsOf({ output });
  assert.deepEqual([sums?.received, sums?.dead_lettered, sums?.adds_up], [count, count, true]);
  const letters = linesIn(join(folder, "data", "dead-letters.ndjson"));
  const kept = letters.map((line) => JSON.parse(line) as { bytes: string; records: number });
  assert.equal(kept.map(({ bytes }) => `${bytes}\n`).join(""), "x\n".repeat(count));
  assert.equal(
    kept.reduce((sum, { records }) => sum + records, 0),
    count,
  );
});
