import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { pipelineFolder } from "./pipeline-folder.ts";

const CANARY = "hunter2";

/** Pipelines that are wrong, and hold a secret near the fault. */
const PIPELINES: Readonly<Record<string, string>> = {
  "an option that is secret, on the line of a complaint": `
sources: { hook: { type: http, listen: nowhere, token: ${CANARY} } }
sinks: {}`,
  "a secret that is itself wrong": `
sources: { hook: { type: http, listen: 127.0.0.1:1, token: ${CANARY} } }
sinks: {}`,
  "a secret under a mistyped name": `
sources: { log: { type: tail, paths: [a] } }
sinks: { out: { type: search, endpoints: [http://h], passwrd: ${CANARY} } }`,
  "a secret under a name that nothing is like": `
sources: { log: { type: tail, paths: [a] } }
sinks: { out: { type: search, endpoints: [http://h], kennwort: { inner: ${CANARY} } } }`,
  "a secret of a component whose type is unknown": `
sources: { log: { type: nowhere_to_be_found, api_key: ${CANARY}, headers: { authorization: ${CANARY} } } }
sinks: {}`,
  "a secret in a text that is no YAML": `
sources: { log: { type: tail, password: ${CANARY}, paths: [ }
sinks: {}`,
  "a secret behind an anchor": `
sources: { log: { type: tail, paths: &secret [${CANARY}] } }
sinks: { out: { type: search, password: *secret, endpoints: no } }`,
  "a secret over several lines": `
sources: { log: { type: tail, paths: [a] } }
sinks:
  out:
    type: search
    password: |
      ${CANARY}
      ${CANARY}
    endpoints: no`,
  "a secret in an address": `
sources: { log: { type: tail, paths: [a] } }
sinks: { out: { type: search, endpoints: ["ftp://user:${CANARY}@host", "http://user:${CANARY}@host"], x: 1 } }`,
  "a secret as the default of a variable": `
sources: { hook: { type: http, listen: nowhere, token: "\${NONE:-${CANARY}}" } }
sinks: {}`,
  "a variable in every place": `
data_dir: \${SECRET}
checkpoint_interval: \${SECRET}
max_in_flight: \${SECRET}
sources:
  log: { type: "\${SECRET}", decode: "\${SECRET}" }
  hook: { type: http, listen: "\${SECRET}", max_connections: "\${SECRET}" }
filters: [{ type: drop, when: "\${SECRET} ==" }, { type: nest, under: "\${SECRET}.." }, "\${SECRET}"]
sinks:
  out: { type: file, path: "{{ \${SECRET} }", compress: "\${SECRET}", when: "\${SECRET} (" }
  search: { type: search, endpoints: ["\${SECRET}"], tls: "\${SECRET}" }`,
  "a secret's file in every place": `
sources:
  hook: { type: http, listen: "\${file:secret}", max_connections: "\${file:secret}" }
sinks:
  out: { type: file, path: "{{ \${file:secret}", retry: { max: "\${file:secret}" } }`,
};

suite("a secret is in no complaint", () => {
  for (const [name, yaml] of Object.entries(PIPELINES)) {
    test(name, async () => {
      using folder = pipelineFolder(yaml, { secret: `${CANARY}\n` });
      const printed = await folder.complain({ env: { SECRET: CANARY } });
      assert.notEqual(printed, "");
      assert.ok(!printed.includes(CANARY), printed);
    });
  }

  test("and the caret stays under what is wrong", async () => {
    using folder = pipelineFolder(`sources: { hook: { token: ${CANARY}, type: http, listen: nowhere } }\nsinks: {}\n`);
    const [, line, caret] = (await folder.complain()).split("\n");
    assert.equal(line, "  sources: { hook: { token: ***, type: http, listen: nowhere } }");
    assert.equal(caret.indexOf("^"), line.indexOf("***"));
    const second = (await folder.complain()).split("\n").slice(3, 6);
    assert.equal(second[2].indexOf("^"), second[1].indexOf("nowhere"));
  });
});
