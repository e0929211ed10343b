import assert from "node:assert/strict";
import { test } from "node:test";
import type { SinkConfig } from "../../src/config/config.ts";
import {
  createPipeline,
  defineListener,
  defineSink,
  defineSource,
  type Position,
  type RawBatch,
  type Sink,
} from "../../src/index.ts";
import { configOf, filterOf, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

const LINE_BYTES = 8;

/** A source that brings a numbered line whenever it is let to, from where it is told to resume. */
function steppingSource() {
  const seen = { created: 0, begun: 0, brought: 0, allowed: 0 };
  const config = sourceOf({ read: () => [] as never });
  const definition = defineSource({
    description: "Made in the test.",
    options: { type: "object", properties: {} },
    create: () => {
      seen.created++;
      return {
        async *read(resume: ReadonlyMap<string, Position>, signal: AbortSignal): AsyncGenerator<RawBatch> {
          seen.begun++;
          for (let number = (resume.get("p")?.offset ?? 0) / LINE_BYTES; !signal.aborted; number++) {
            await until("a line may come", () => number < seen.allowed || signal.aborted);
            if (signal.aborted) return;
            const offset = number * LINE_BYTES;
            seen.brought++;
            const bytes = Buffer.from(`{"n":${String(number).padStart(1)}}\n`);
            assert.equal(bytes.length, LINE_BYTES);
            yield { bytes, partition: "p", offset, position: { offset: offset + LINE_BYTES } };
          }
        },
      };
    },
  });
  return { seen, config: { ...config, definition } };
}

/** A sink that keeps what it is given, and says how often it was made and closed. */
function countedSink(options: SinkConfig["options"] = {}, key = "taken") {
  const seen = { created: 0, closed: 0, texts: [] as string[] };
  const definition = defineSink({
    description: "Made in the test.",
    options: { type: "object", properties: {} },
    create: () => {
      seen.created++;
      const sink: Sink = {
        write: async (events) => {
          for (const { bytes } of events) seen.texts.push(Buffer.from(bytes).toString());
        },
        close: async () => void seen.closed++,
      };
      return sink;
    },
  });
  return { seen, config: { ...sinkOf({ write: async () => {} }, { key, name: `sinks.${key}`, options }), definition } };
}

test("what did not change is made once, and read on where it was", async (t) => {
  const folder = temporaryFolder(t);
  const source = steppingSource();
  const sink = countedSink();
  const config = (name: string) =>
    configOf(folder, {
      sources: [source.config],
      filters: [filterOf({ apply: (events) => events }, name)],
      sinks: [sink.config],
    });
  const pipeline = createPipeline(config("filters[0]"));
  await pipeline.start();
  source.seen.allowed = 3;
  await until("three lines are there", () => sink.seen.texts.length === 3);
  const changes = await pipeline.reload(async () => config("filters[1]"));
  assert.deepEqual(changes, {
    added: ["filters[1]"],
    changed: [],
    removed: ["filters[0]"],
    kept: ["sources.given", "sinks.taken"],
  });
  source.seen.allowed = 6;
  await until("three more are there", () => sink.seen.texts.length === 6);
  assert.deepEqual(
    sink.seen.texts,
    [0, 1, 2, 3, 4, 5].map((n) => `{"n":${n}}`),
  );
  await pipeline.stop();
  assert.deepEqual(source.seen, { created: 1, begun: 1, brought: 6, allowed: 6 });
  assert.deepEqual([sink.seen.created, sink.seen.closed], [1, 1]);
  assert.deepEqual(
    pipeline.report.sinks.map(({ received, delivered, addsUp }) => [received, delivered, addsUp]),
    [[6, 6, true]],
  );
});

test("a component that cannot be made leaves all as it was, and what was made beside it is closed", async (t) => {
  const folder = temporaryFolder(t);
  const source = steppingSource();
  const [sink, other] = [countedSink(), countedSink({}, "other")];
  const config = (...sinks: SinkConfig[]) =>
    configOf(folder, { sources: [source.config], sinks: [sink.config, ...sinks] });
  const broken: SinkConfig = {
    ...sinkOf({ write: async () => {} }, { key: "broken", name: "sinks.broken" }),
    definition: defineSink({
      description: "Made in the test.",
      options: { type: "object", properties: {} },
      create: () => {
        throw new Error("no such server");
      },
    }),
  };
  const pipeline = createPipeline(config());
  await pipeline.start();
  await assert.rejects(
    pipeline.reload(async () => config(other.config, broken)),
    /no such server/,
  );
  assert.deepEqual([other.seen.created, other.seen.closed, sink.seen.closed], [1, 1, 0]);
  assert.deepEqual(pipeline.report.reloads, { succeeded: 0, refused: 1, lastSucceeded: false });
  source.seen.allowed = 2;
  await until("it goes on", () => sink.seen.texts.length === 2);
  await pipeline.reload(async () => config(other.config));
  source.seen.allowed = 4;
  await until("both have what came since", () => other.seen.texts.length === 2 && sink.seen.texts.length === 4);
  await pipeline.stop();
  assert.ok(pipeline.report.sinks.every(({ addsUp }) => addsUp));
  await assert.rejects(
    pipeline.reload(async () => config()),
    /does not run|about to end/,
  );
});

test("a sink whose options change is closed before the one that takes its place is written to", async (t) => {
  const folder = temporaryFolder(t);
  const source = steppingSource();
  const sink = countedSink();
  const config = (options: SinkConfig["options"]) =>
    configOf(folder, { sources: [source.config], sinks: [{ ...sink.config, options }] });
  const pipeline = createPipeline(config({}));
  await pipeline.start();
  source.seen.allowed = 2;
  await until("two lines are there", () => sink.seen.texts.length === 2);
  await pipeline.reload(async () => config({ other: true }));
  assert.deepEqual([sink.seen.created, sink.seen.closed], [2, 1]);
  source.seen.allowed = 4;
  await until("two more are there", () => sink.seen.texts.length === 4);
  await pipeline.stop();
  assert.deepEqual(
    sink.seen.texts,
    [0, 1, 2, 3].map((n) => `{"n":${n}}`),
  );
});

test("a listener is asked again to listen where its address was in use, and may be closed more than once", async (t) => {
  const folder = temporaryFolder(t);
  const asked: string[] = [];
  let owner: string | undefined;
  const definition = defineListener({
    description: "Made in the test.",
    options: { type: "object", properties: { listen: { type: "string", format: "listen" }, tag: { type: "string" } } },
    create: ({ tag = "" }) => ({
      async listen() {
        asked.push(`${tag} listens`);
        if (owner !== undefined)
          throw new Error("taken", { cause: Object.assign(new Error(), { code: "EADDRINUSE" }) });
        owner = tag;
      },
      async close() {
        asked.push(`${tag} closes`);
        if (owner === tag) owner = undefined;
      },
    }),
  });
  const source = { ...sourceOf({ read: () => [] as never }), definition };
  const config = (tag: string) =>
    configOf(folder, { sources: [{ ...source, options: { listen: ":80", tag } }], sinks: [countedSink().config] });
  const pipeline = createPipeline(config("one"));
  await pipeline.start();
  await pipeline.reload(async () => config("two"));
  assert.deepEqual(asked.slice(0, 4), ["one listens", "two listens", "one closes", "two listens"]);
  await pipeline.stop();
  assert.deepEqual(new Set(asked.slice(4)), new Set(["one closes", "two closes"]));
});
