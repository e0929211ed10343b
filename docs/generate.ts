/**
 * Writes docs/reference/ from the schemas of the options.
 *
 *   node docs/generate.ts           writes the pages
 *   node docs/generate.ts --check   fails when the pages are not what it would write
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { plugins } from "../plugins/index.ts";
import { editorSchema } from "../src/config/editor-schema.ts";
import type { Lazy, PluginList, Section } from "../src/config/plugin-list.ts";
import { type Documented, printComponent, printIndex, printPipeline } from "../src/config/reference.ts";

const FOLDER = fileURLToPath(new URL("./reference/", import.meta.url));

const components = await documentAll(plugins);
const pages = new Map([
  ["README.md", printIndex(components)],
  ["pipeline.md", printPipeline()],
  ["pipeline.schema.json", `${JSON.stringify(editorSchema(components), null, 2)}\n`],
  ...components.map((one): [string, string] => [`${one.section}/${one.name}.md`, printComponent(one)]),
]);
const present = findPages();
const changed = [...pages].filter(([page, text]) => present.get(page) !== text).map(([page]) => page);
const left = [...present.keys()].filter((page) => !pages.has(page));

if (process.argv.includes("--check")) {
  for (const page of changed) console.error(`docs/reference/${page} is not what the schemas say: run npm run docs`);
  for (const page of left) console.error(`docs/reference/${page} belongs to nothing: run npm run docs`);
  if (changed.length + left.length > 0) process.exitCode = 1;
} else {
  for (const page of left) rmSync(join(FOLDER, page));
  for (const page of changed) {
    mkdirSync(dirname(join(FOLDER, page)), { recursive: true });
    writeFileSync(join(FOLDER, page), pages.get(page) as string);
  }
  console.log(`docs/reference: ${pages.size} pages, ${changed.length} written, ${left.length} removed`);
}

async function documentAll(list: PluginList): Promise<Documented[]> {
  const found = (Object.keys(list) as Section[]).flatMap((section) =>
    Object.entries<Lazy>(list[section]).map(async ([name, load]): Promise<Documented> => {
      const { description, options } = (await load()).default;
      return { section, name, description, options };
    }),
  );
  return Promise.all(found);
}

function findPages(): Map<string, string> {
  mkdirSync(FOLDER, { recursive: true });
  const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      return [relative(FOLDER, file).replaceAll("\\", "/"), readFileSync(file, "utf8")];
    }),
  );
}
