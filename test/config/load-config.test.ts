import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { suite, test } from "node:test";
import fc from "fast-check";
import { MINIMAL, pipelineFolder } from "./pipeline-folder.ts";

suite("a valid pipeline.yaml", () => {
  test("is filled up with the defaults of the engine and of the components", async () => {
    using folder = pipelineFolder(MINIMAL);
    const config = await folder.load();
    const { definition: _, ...source } = config.sources[0];
    const { definition: __, ...sink } = config.sinks[0];
    assert.deepEqual(source, {
      name: "sources.log",
      key: "log",
      type: "tail",
      options: { paths: ["audit.log"], read_from: "beginning", poll_interval: "250ms" },
      decode: "json",
      maxEventBytes: 32 * 1024 * 1024,
      filters: [],
    });
    assert.deepEqual(sink, {
      name: "sinks.out",
      key: "out",
      type: "file",
      options: { path: "out.log", max_open_files: 512, compress: false },
      filters: [],
      batch: {},
      retry: { initial: 100, max: 30_000, maxElapsed: Number.POSITIVE_INFINITY },
    });
    assert.equal(config.maxInFlightBytes, 24 * 1024 * 1024);
    assert.equal(config.mostInFlightBytes, 40 * 1024 * 1024);
    assert.equal(config.checkpointInterval, 1000);
    assert.equal(config.shutdownTimeout, 30_000);
    assert.deepEqual(config.filters, []);
    assert.deepEqual(config.warnings, []);
  });

  test("takes max_in_flight for a bound that nothing goes beyond", async () => {
    using folder = pipelineFolder(`${MINIMAL}max_in_flight: 24MiB\n`);
    const config = await folder.load();
    assert.equal(config.maxInFlightBytes, 24 * 1024 * 1024);
    assert.equal(config.mostInFlightBytes, undefined);
  });

  test("has its paths relative to its own folder", async () => {
    using folder = pipelineFolder(MINIMAL);
    const config = await folder.load();
    assert.equal(config.baseDir, folder.path);
    assert.equal(config.dataDir, join(folder.path, "data"));
    assert.deepEqual(config.deadLetter, {
      path: join(folder.path, "data", "dead-letters.ndjson"),
      maxBytes: 1024 ** 3,
    });
  });

  test("gives way to a data folder that the program names, relative to the working directory", async () => {
    using folder = pipelineFolder(`${MINIMAL}data_dir: /elsewhere\n`);
    const config = await folder.load({ dataDir: "state" });
    assert.equal(config.dataDir, resolve("state"));
    assert.equal(config.deadLetter.path, join(resolve("state"), "dead-letters.ndjson"));
  });

  test("says how a sink batches and retries, and what it takes", async () => {
    using folder = pipelineFolder(`
dead_letter: { path: refused.ndjson, max_bytes: 4096 }
sources: { log: { type: tail, paths: [a], max_event_bytes: 1MiB, decode: text } }
sinks:
  out:
    type: file
    path: "{{ user.username }}.log"
    when: self.level != "None"
    batch: { max_events: 10, max_bytes: 64KiB, max_age: 2s }
    retry: { initial: 1s, max_elapsed: 1m }
`);
    const { sinks, sources, deadLetter } = await folder.load();
    assert.equal(sinks[0].when, 'self.level != "None"');
    assert.deepEqual(sinks[0].batch, { events: 10, bytes: 65_536, age: 2000 });
    assert.deepEqual(sinks[0].retry, { initial: 1000, max: 30_000, maxElapsed: 60_000 });
    assert.equal(sources[0].maxEventBytes, 1024 * 1024);
    assert.equal(sources[0].decode, "text");
    assert.deepEqual(deadLetter, { path: join(folder.path, "refused.ndjson"), maxBytes: 4096 });
  });

  test("says how much the journals keep and when a request is in them, each part by itself", async () => {
    using folder = pipelineFolder(MINIMAL);
    assert.deepEqual((await folder.load()).journal, { maxBytes: 1024 ** 3, durability: "fsync" });
    using other = pipelineFolder(`${MINIMAL}journal: { durability: write }\n`);
    assert.deepEqual((await other.load()).journal, { maxBytes: 1024 ** 3, durability: "write" });
    using small = pipelineFolder(`${MINIMAL}journal: { max_bytes: 64MiB }\n`);
    assert.deepEqual((await small.load()).journal, { maxBytes: 64 * 1024 ** 2, durability: "fsync" });
  });

  test("names each filter by its place", async () => {
    using folder = pipelineFolder(`
sources: { log: { type: tail, paths: [a], filters: [{ type: nest, under: a }] } }
filters: [{ type: drop, when: "true" }, { type: nest, under: b }]
sinks: { out: { type: file, path: out.log, filters: [{ type: nest, under: c }] } }
`);
    const { sources, filters, sinks } = await folder.load();
    const names = [...sources[0].filters, ...filters, ...sinks[0].filters].map(({ name }) => name);
    assert.deepEqual(names, ["sources.log.filters[0]", "filters[0]", "filters[1]", "sinks.out.filters[0]"]);
  });

  test("keeps the order of its sources and sinks", async () => {
    using folder = pipelineFolder(`
sources: { z: { type: tail, paths: [a] }, a: { type: http, listen: "127.0.0.1:0" } }
sinks: { y: { type: file, path: y }, b: { type: file, path: b } }
`);
    const { sources, sinks } = await folder.load();
    assert.deepEqual(
      [...sources, ...sinks].map(({ key }) => key),
      ["z", "a", "y", "b"],
    );
  });

  test("may hold values of any shape where a filter takes them, to the letter", async () => {
    using folder = pipelineFolder(`
sources: { log: { type: tail, paths: [a] } }
filters: [{ type: add, fields: { list: [1, null, { a: true }], __proto__: x, 10: ten, "on": yes } }]
sinks: { out: { type: file, path: out.log } }
`);
    const { fields } = (await folder.load()).filters[0].options as { fields: Record<string, unknown> };
    assert.deepEqual(Object.entries(fields), [
      ["10", "ten"],
      ["list", [1, null, { a: true }]],
      ["__proto__", "x"],
      ["on", "yes"],
    ]);
  });

  test("may share parts by anchors, and take over a map by <<", async () => {
    using folder = pipelineFolder(`
sources: { log: { type: tail, paths: &paths [a, b] }, more: { type: tail, paths: *paths } }
sinks:
  out: &out { type: file, path: out.log, max_open_files: 7 }
  other: { <<: *out, path: other.log }
`);
    const { sources, sinks } = await folder.load();
    assert.deepEqual(sources[1].options.paths, ["a", "b"]);
    assert.deepEqual(sinks[1].options, { path: "other.log", max_open_files: 7, compress: false });
  });

  test("may earn a warning with its place, though it is allowed", async () => {
    using folder = pipelineFolder(`
sources: { log: { type: tail, paths: [a] } }
sinks:
  out: { type: file, path: "{{ a }}{{ b }}" }
`);
    const { warnings } = await folder.load();
    assert.deepEqual(warnings, [`${folder.path}/pipeline.yaml:4:3 sinks.out: two fields stand side by side`]);
  });
});

suite("a file that is no pipeline.yaml", () => {
  test("is named when it does not exist", async () => {
    using folder = pipelineFolder(MINIMAL);
    const { loadConfig } = await import("../../src/config/load-config.ts");
    await assert.rejects(loadConfig(join(folder.path, "none.yaml")), /none\.yaml: there is no such file/);
    await assert.rejects(loadConfig(folder.path), /this is a folder/);
  });

  test("is refused when it is not UTF-8, empty, or larger than any pipeline", async () => {
    using empty = pipelineFolder("# nothing\n");
    assert.match(await empty.complain(), /expected a map with sources and sinks/);
    using large = pipelineFolder("#".repeat(2 * 1024 * 1024));
    assert.match(await large.complain(), /more than 1 MiB/);
    using nested = pipelineFolder("[".repeat(10_000));
    assert.notEqual(await nested.complain(), "");
  });

  test("is complained of and nothing worse, whatever it holds", async () => {
    const word = fc.constantFrom(
      "sources:",
      "sinks:",
      " ",
      "\n",
      "  ",
      "- ",
      "type: tail",
      "&a",
      "*a",
      "<<: ",
      "{",
      "}",
    );
    const text = fc.array(fc.oneof(word, word, fc.string({ maxLength: 4 }), fc.constant("${X}")), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, async (words) => {
        using folder = pipelineFolder(words.join(""));
        assert.notEqual(await folder.complain(), "");
      }),
      { numRuns: 50 },
    );
  });
});
