/** What only a component itself can tell is wrong with its options is found before it runs, as all else is. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { plugins } from "../../plugins/index.ts";
import { pipelineFolder } from "./pipeline-folder.ts";

const complaintsAbout = async (component: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
  const source = "sources: { log: { type: tail, paths: [audit.log] } }";
  const sink = component.startsWith("filters") ? "\nsinks: { out: { type: console } }" : "";
  using folder = pipelineFolder(`${source}\n${component}${sink}\n`);
  return await folder.complain({ plugins, env });
};

suite("a mistake that no schema tells", () => {
  const search = "sinks: { out: { type: opensearch, endpoints: ['http://127.0.0.1:9200'], index: audit";
  const cases: readonly (readonly [string, string])[] = [
    ["sinks: { out: { type: file, path: out/ } }", "2:10 sinks.out: a path has to end in the name of a file"],
    ["sinks: { out: { type: file, path: '{{ user }}/../x' } }", '2:10 sinks.out: ".." cannot stand behind a field'],
    [
      "sinks: { out: { type: file, path: out.log, time_zone: Mars/X } }",
      '2:10 sinks.out: there is no time zone "Mars/X"',
    ],
    [`${search}, time_zone: Mars/X } }`, '2:10 sinks.out: there is no time zone "Mars/X"'],
    [`${search}, username: u, token: t } }`, "2:10 sinks.out: username, api_key and token exclude each other"],
    [`${search}, password: p } }`, "2:10 sinks.out: password needs username"],
    [`${search}, token: "a b" } }`, "2:10 sinks.out: token must be printable ASCII"],
    ["filters: [{ type: rename, fields: { a: a } }]", '2:11 filters[0]: "a" is renamed to itself'],
    ["filters: [{ type: rename, fields: { a: c, b: c } }]", '2:11 filters[0]: "a" and "b" are both renamed to "c"'],
    ["filters: [{ type: redact, resources: [Secret] }]", '2:11 filters[0]: "Secret" is no resource'],
    [
      "sinks: { out: { type: file, path: out.log, file_mode: '0400' } }",
      "2:55 sinks.out.file_mode: does not fit ^0?[67][0-7]{2}$: write 0640, for example",
    ],
  ];
  for (const [component, complaint] of cases) {
    test(`has its place: ${complaint}`, async () => {
      const printed = await complaintsAbout(component);
      assert.ok(printed.startsWith(`pipeline.yaml:${complaint}`), printed);
    });
  }

  test("shows nothing that came from outside", async () => {
    const printed = await complaintsAbout("sinks: { out: { type: file, path: out.log, time_zone: '${ZONE}' } }", {
      ZONE: "hunter2",
    });
    assert.match(printed, /there is no time zone "\*\*\*"/);
    assert.doesNotMatch(printed, /hunter2/);
  });

  test("shows no credentials of an address that cannot be read", async () => {
    const printed = await complaintsAbout(
      "sinks: { out: { type: opensearch, endpoints: ['http://u:%zz@127.0.0.1:9200'], index: audit } }",
    );
    assert.match(printed, /^pipeline\.yaml:2:10 sinks\.out: .*user.*password/);
    assert.doesNotMatch(printed, /%zz/);
  });
});
