import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { plugins } from "../../plugins/index.ts";
import { COMMANDS, type CommandName, helpOf } from "../../src/cli/help.ts";
import { loadConfig } from "../../src/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { startSluice } from "../support/sluice.ts";
import { anchorsOf, ROOT, readPage, writtenPages } from "./page.ts";

const README = readPage("README.md");
const PAGES = writtenPages();
const SOURCES = { log: { type: "tail", paths: ["input.log"] } };
const SINKS = { screen: { type: "console" } };

/** What a block stands for: a pipeline, a part of one made whole, or undefined where it is none of Sluice's. */
function pipelineOf(text: string): object | undefined {
  const value: unknown = parse(text);
  if (Array.isArray(value)) return { sources: SOURCES, filters: value, sinks: SINKS };
  if (typeof value !== "object" || value === null) return undefined;
  const isPipeline = "sources" in value || "sinks" in value || "filters" in value;
  return isPipeline ? { sources: SOURCES, sinks: SINKS, ...value } : undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("the pages", () => {
  it("show pipeline.yaml as it is", () => {
    const shown = README.blocks.filter(({ language }) => language === "yaml").map(({ text }) => text);
    assert.ok(shown.includes(readFileSync(join(ROOT, "pipeline.yaml"), "utf8")), "README.md shows another pipeline");
  });

  it("show pipelines, and parts of them, that are valid", async (test) => {
    const folder = temporaryFolder(test);
    writeFileSync(join(folder, "secret"), "s3cret\n");
    cpSync(join(ROOT, "test/support/tls/server.pem"), join(folder, "own.pem"));
    const file = join(folder, "pipeline.yaml");
    let checked = 0;
    for (const { place, language, text } of PAGES.flatMap(({ blocks }) => blocks)) {
      if (language !== "yaml") continue;
      const pipeline = pipelineOf(text);
      if (!pipeline) continue;
      // JSON is YAML, too. The files of secrets and certificates are the reader's own.
      const json = JSON.stringify(pipeline).replaceAll(/\$\{file:[^}]+\}/g, "${file:secret}");
      writeFileSync(file, json.replaceAll(/"(cert|key|ca)":"[^"]+"/g, '"$1":"own.pem"'));
      await assert.doesNotReject(loadConfig(file), place);
      checked++;
    }
    assert.ok(checked > 5, `only ${checked} were found`);
  });

  it("show a filter of one's own that can be loaded", async (test) => {
    const folder = temporaryFolder(test);
    const block = PAGES.flatMap(({ blocks }) => blocks).find(({ text }) =>
      text.includes("export default defineFilter"),
    );
    writeFileSync(join(folder, "mark.ts"), block?.text ?? "");
    const filters = [{ type: "./mark.ts", mark: "seen" }];
    const file = join(folder, "pipeline.yaml");
    writeFileSync(file, JSON.stringify({ sources: SOURCES, filters, sinks: SINKS }));
    const config = await loadConfig(file);
    assert.deepEqual(config.filters[0]?.options, { mark: "seen" });
  });

  it("have a row, with an example that is valid, for each filter that ships", async (test) => {
    const row = /^\| \[`(\w+)`\]\(docs\/reference\/filters\/(\w+)\.md\) \| .+ \| `(.+)` \|$/gm;
    const rows = [...README.text.matchAll(row)];
    assert.deepEqual(rows.map(([, name]) => name).sort(), Object.keys(plugins.filters).sort());
    const filters = rows.map(([, name, page, example = ""]) => {
      assert.equal(page, name);
      const filter = parse(example) as { type: string };
      assert.equal(filter.type, name);
      return filter;
    });
    const file = join(temporaryFolder(test), "pipeline.yaml");
    writeFileSync(file, JSON.stringify({ sources: SOURCES, filters, sinks: SINKS }));
    assert.equal((await loadConfig(file)).filters.length, rows.length);
  });

  it("tell of each source and each sink that ships", () => {
    for (const section of ["sources", "sinks"] as const) {
      for (const name of Object.keys(plugins[section])) {
        assert.ok(README.links.includes(`docs/reference/${section}/${name}.md`), `${section}: ${name}`);
      }
    }
  });

  it("link to what is there", () => {
    for (const { path, links } of PAGES) {
      for (const link of links) {
        const [target = "", anchor] = link.split("#");
        assert.ok(existsSync(join(ROOT, target)), `${path} links to ${link}`);
        if (anchor === undefined || statSync(join(ROOT, target)).isDirectory()) continue;
        assert.ok(anchorsOf(readPage(target).text).has(anchor), `${path} links to ${link}`);
      }
    }
  });

  it("list every decision, with the number that it has", () => {
    const index = readPage("docs/README.md");
    const decisions = readdirSync(join(ROOT, "docs/decisions")).sort();
    assert.deepEqual(
      index.links.filter((link) => link.startsWith("docs/decisions/")),
      decisions.map((name) => `docs/decisions/${name}`),
    );
    for (const name of decisions)
      assert.match(readPage(`docs/decisions/${name}`).text, new RegExp(`^# ${name.slice(0, 4)}\\. `));
  });

  it("name commands, options and scripts that there are", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      version: string;
      scripts: Record<string, string>;
    };
    for (const { path, text } of PAGES) {
      for (const [words, script = ""] of text.matchAll(/\bnpm run ([\w-]+)/g)) {
        assert.ok(script in manifest.scripts, `${path}: ${words}`);
      }
      for (const [words, command = "", options = ""] of text.matchAll(
        /\bsluice (run|validate|follow|\w+(?= --))([^`\n]*)/g,
      )) {
        assert.ok(COMMANDS.includes(command as CommandName), `${path}: ${words}`);
        for (const [option] of options.matchAll(/--[\w-]+/g)) {
          assert.ok(helpOf(command as CommandName).includes(option), `${path}: ${words}`);
        }
      }
      for (const [name, version] of text.matchAll(/sluice-(\d+\.\d+\.\d+)\.tgz/g)) {
        assert.equal(version, manifest.version, `${path}: ${name}`);
      }
    }
    assert.ok(readPage("CHANGELOG.md").text.includes(`## ${manifest.version}`));
  });

  it("show what the first start says, and an event to send that arrives", async (test) => {
    const folder = temporaryFolder(test);
    cpSync(join(ROOT, "samples"), join(folder, "samples"), { recursive: true });
    const [, address = "", body = ""] = /^curl (\S+) -d '(.+)'$/m.exec(README.text) ?? [];
    const { host } = new URL(address);
    const pipeline = readFileSync(join(ROOT, "pipeline.yaml"), "utf8");
    assert.ok(pipeline.includes(`listen: ${host} `), `nothing listens at ${address}`);
    // A port of the test's own: the one of the page may be in use.
    const ownHost = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, "pipeline.yaml"), pipeline.replace(host, ownHost));

    const sluice = startSluice(folder, ["run", "--explain"]);
    test.after(() => sluice.process.kill("SIGKILL"));
    await sluice.says("Ctrl-C stops it");
    const shown = README.blocks.find(({ language }) => language === "text")?.text.trim() ?? "?";
    const said = sluice.output.stdout.replaceAll(ownHost, host);
    assert.ok(said.includes(shown), `README.md shows other words than these:\n${said}`);

    const response = await fetch(address.replace(host, ownHost), { method: "POST", body });
    assert.ok(README.text.includes(`\`${(await response.text()).trim()}\``));
    sluice.process.kill("SIGTERM");
    assert.equal(await sluice.exit, 0);

    const [, file = ""] = /`(out\/\S+\.log)`/.exec(README.text) ?? [];
    assert.equal(readFileSync(join(folder, file), "utf8"), `{"event":${body}}\n`);
  });
});
