import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { pipelineFolder } from "./pipeline-folder.ts";

const FILTER = `
import { defineFilter, type Event } from "sluice";
interface Nothing { readonly events: readonly Event[] }
export default defineFilter({
  description: "Does nothing.",
  options: { type: "object", properties: { times: { type: "integer", default: 3 } } },
  create: () => ({ apply: (events: Nothing["events"]) => events }),
});
`;
const SINK = `
import { defineSink, Template } from "sluice";
export default defineSink({
  description: String(typeof Template.parse),
  options: { type: "object", properties: {} },
  create: () => ({ async write() {} }),
});
`;
const pipelineOf = (filter: string, sink = "file, path: out.log"): string => `
sources: { log: { type: tail, paths: [a] } }
filters: [{ type: ${filter} }]
sinks: { out: { type: ${sink} } }
`;

suite("a plugin of one's own", () => {
  test("is a TypeScript file, unbuilt, that imports from the Sluice that runs", async () => {
    using folder = pipelineFolder(pipelineOf("./filters/mine.ts"), { "filters/mine.ts": FILTER });
    const { filters } = await folder.load();
    assert.equal(filters[0].type, "./filters/mine.ts");
    assert.deepEqual(filters[0].options, { times: 3 });
    assert.equal(typeof filters[0].definition.create, "function");
  });

  test("is a package that is installed beside pipeline.yaml, though it is published for import alone", async () => {
    const manifest = JSON.stringify({ name: "@mine/sink", type: "module", exports: { ".": { import: "./main.js" } } });
    using folder = pipelineFolder(pipelineOf("nest, under: a", '"@mine/sink"'), {
      "node_modules/@mine/sink/package.json": manifest,
      "node_modules/@mine/sink/main.js": SINK,
    });
    const { sinks } = await folder.load();
    assert.equal(sinks[0].definition.description, "function");
  });

  test("has its options checked like any other", async () => {
    using folder = pipelineFolder(pipelineOf("./mine.ts, tmes: 4"), { "mine.ts": FILTER });
    assert.match(await folder.complain(), /filters\[0\]: unknown option "tmes"\. Did you mean "times"\?/);
  });

  const faults: Record<string, readonly [type: string, files: Record<string, string>, expected: RegExp]> = {
    "a file that is not there": ["./none.ts", {}, /there is no file ".\/none.ts" beside pipeline.yaml/],
    "a file without a default export": [
      "./a.ts",
      { "a.ts": "export const a = 1;" },
      /has no filter as its default export/,
    ],
    "a file that is no TypeScript": ["./a.ts", { "a.ts": "export default {" }, /cannot load "\.\/a\.ts": .*a\.ts:1/],
    "a file that throws": ["./a.ts", { "a.ts": 'throw new Error("out of order");' }, /cannot load .*: out of order/],
    "a sink as a filter": ["./a.ts", { "a.ts": SINK }, /"\.\/a\.ts" is a sink, not a filter/],
    "a definition without options": [
      "./a.ts",
      { "a.ts": 'export default { kind: "filter", create() {} };' },
      /declares no options/,
    ],
    "an option with a name that is the engine's": [
      "./a.ts",
      { "a.ts": FILTER.replace("times:", "type:") },
      /an option "type", a name that is the engine's/,
    ],
    "a module of Node": ["fs", {}, /unknown filter "fs"/],
    "a package that is not there": ["no-such-package", {}, /unknown filter "no-such-package"/],
    "a package in TypeScript": [
      "typed",
      {
        "node_modules/typed/package.json": '{ "name": "typed", "type": "module", "exports": "./main.ts" }',
        "node_modules/typed/main.ts": FILTER,
      },
      /must be published as JavaScript/,
    ],
  };
  for (const [name, [type, files, expected]] of Object.entries(faults)) {
    test(`is complained of: ${name}`, async () => {
      using folder = pipelineFolder(pipelineOf(type), files);
      assert.match(await folder.complain(), expected);
    });
  }
});
