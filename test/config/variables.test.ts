import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { expand } from "../../src/config/variables.ts";
import { pipelineFolder } from "./pipeline-folder.ts";

const expandWith = (text: string, env: Record<string, string> = {}): string =>
  expand(text, { env, baseDir: "/nowhere" }).text;

suite("variables in pipeline.yaml", () => {
  test("are replaced anywhere in a text", () => {
    assert.equal(expandWith("http://${HOST}:${PORT}/", { HOST: "search", PORT: "9200" }), "http://search:9200/");
  });

  test("have their default when they are unset or empty", () => {
    assert.equal(expandWith("${A:-http://b:1/-}", {}), "http://b:1/-");
    assert.equal(expandWith("${A:-b}", { A: "" }), "b");
    assert.equal(expandWith("${A:-}", {}), "");
    assert.equal(expandWith("${A:-b}", { A: "a" }), "a");
  });

  test("are not looked for in what was put in", () => {
    assert.equal(expandWith("${A}", { A: "${B} $${B}", B: "never" }), "${B} $${B}");
  });

  test("are left alone when the dollar is doubled, and a dollar alone is a dollar", () => {
    assert.equal(expandWith("$${A} $A $5 $$", { A: "a" }), "${A} $A $5 $$");
  });

  test("are text from a file, without the line end behind it", async () => {
    const yaml = `
sources: { hook: { type: http, listen: "127.0.0.1:1", token: "\${file:secrets/token}" } }
sinks: { out: { type: file, path: "\${file:secrets/windows}" } }`;
    using folder = pipelineFolder(yaml, { "secrets/token": "line one\nline two\n\n", "secrets/windows": "a\r\n" });
    const { sources, sinks } = await folder.load();
    assert.equal(sources[0].options.token, "line one\nline two\n");
    assert.equal(sinks[0].options.path, "a");
  });

  test("become the number, true or false that an option wants", async () => {
    using folder = pipelineFolder(`
sources: { hook: { type: http, listen: "127.0.0.1:\${PORT}", max_connections: "\${MOST}" } }
max_in_flight: \${BYTES}
sinks: { out: { type: file, path: "\${MOST}", compress: "\${YES}", max_open_files: "12" } }`);
    const env = { PORT: "80", MOST: "12", BYTES: "65536", YES: "true" };
    assert.match(
      await folder.complain({ env }),
      /^pipeline.yaml:4:.* sinks.out.max_open_files: expected a whole number, found text\n/,
    );
    using right = pipelineFolder(`
sources: { hook: { type: http, listen: "127.0.0.1:\${PORT}", max_connections: "\${MOST}" } }
max_in_flight: \${BYTES}
sinks: { out: { type: file, path: "\${MOST}", compress: "\${YES}" } }`);
    const config = await right.load({ env });
    assert.equal(config.sources[0].options.max_connections, 12);
    assert.equal(config.maxInFlightBytes, 65_536);
    assert.deepEqual(config.sinks[0].options, { path: "12", compress: true, max_open_files: 512 });
  });
});
