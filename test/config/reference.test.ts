import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { closest } from "../../src/config/closest.ts";
import { editorSchema } from "../../src/config/editor-schema.ts";
import type { Lazy, Section } from "../../src/config/plugin-list.ts";
import { type Documented, printComponent, printIndex } from "../../src/config/reference.ts";
import { fakePlugins } from "./fake-plugins.ts";
import { MINIMAL } from "./pipeline-folder.ts";

const components: Documented[] = [];
for (const section of Object.keys(fakePlugins) as Section[]) {
  for (const [name, load] of Object.entries<Lazy>(fakePlugins[section])) {
    const { description, options } = (await load()).default;
    components.push({ section, name, description, options });
  }
}
const search = components.find(({ name }) => name === "search") as Documented;

suite("the reference", () => {
  test("has a row for each option, those inside of others included", () => {
    const page = printComponent(search);
    for (const option of ["endpoints", "password", "tls", "tls.ca", "tls.verify"]) {
      assert.ok(page.includes(`| \`${option}\` |`), option);
    }
    assert.match(page, /\| `tls.verify` \| `true`, `false` \| `true` \|/);
    assert.match(page, /\| `endpoints` \| list: URL \| required \|/);
    assert.match(page, /\| `password` \|.*Never shown\./);
  });

  test("names every component", () => {
    const page = printIndex(components);
    for (const { section, name } of components) assert.ok(page.includes(`(${section}/${name}.md)`), name);
  });
});

suite("the JSON Schema for editors", () => {
  const validate = new Ajv({ strict: false }).compile(editorSchema(components));

  test("takes what is right", () => {
    assert.ok(validate(parse(MINIMAL)), JSON.stringify(validate.errors));
    const whole = parse(`
max_in_flight: 65536
sources:
  hook: { type: http, listen: "127.0.0.1:1", max_connections: "\${MOST}", filters: [{ type: nest, under: a }] }
filters: [{ type: ./mine.ts, anything: 1 }, { type: drop, when: "true" }]
sinks: { out: { type: file, path: a, when: "true", retry: { max: 5s } }, own: { type: my-sink, x: 1 } }`);
    assert.ok(validate(whole), JSON.stringify(validate.errors));
  });

  test("marks what the engine complains of, where the text alone tells", () => {
    const folder = new URL("./complaints/", import.meta.url);
    for (const name of ["an-unknown-option", "every-value-that", "limits-and-choices", "what-is-missing"]) {
      const file = readdirSync(folder).find((found) => found.startsWith(name)) as string;
      const [yaml] = readFileSync(new URL(file, folder), "utf8").split("\n----------\n");
      assert.equal(validate(parse(yaml)), false, file);
    }
  });
});

suite("the word that was meant", () => {
  test("is near: a letter too many, too few, another, or two swapped", () => {
    const words = ["endpoints", "tail", "http", "drop"];
    for (const [word, meant] of Object.entries({ endpont: "endpoints", tial: "tail", htpp: "http", Drop: "drop" })) {
      assert.equal(closest(word, words), meant);
    }
  });

  test("is none when nothing is near, and however long the word is", () => {
    assert.equal(closest("kafka", ["tail", "http"]), undefined);
    assert.equal(closest("xy", ["ab", "z"]), undefined);
    assert.equal(closest("a".repeat(1e6), ["a".repeat(1e6)]), undefined);
  });
});
