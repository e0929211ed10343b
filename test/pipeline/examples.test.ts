import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "../support/folders.ts";

const execute = promisify(execFile);
const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const EXAMPLES = pathOf("../../examples");
const BINARY = pathOf("../../bin/sluice.js");
const NAMES = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** Copies an example without what somebody who ran it in place left there. */
const copyExample = (name: string, folder: string): void =>
  cpSync(join(EXAMPLES, name), folder, {
    recursive: true,
    filter: (source) => !["data", "out"].includes(relative(join(EXAMPLES, name), source)),
  });

/** The files below a folder with their contents, by their paths in it; the lock of the folder is none of them. */
const contentOf = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== ".sluice.lock")
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((file) => [file.slice(folder.length), readFileSync(file, "utf8")]),
  );

describe("every example", { concurrency: 2 }, () => {
  for (const { name } of NAMES) {
    it(`makes what it is expected to: ${name}`, async (test) => {
      const folder = join(temporaryFolder(test), name);
      copyExample(name, folder);
      const { stderr } = await execute(
        process.execPath,
        [BINARY, "run", "--exit-on-eof", "--data-dir", join(folder, "positions"), "--log-level", "error"],
        { cwd: folder },
      );
      assert.equal(stderr, "");
      assert.deepEqual(contentOf(join(folder, "out")), contentOf(join(folder, "expected")));
    });
  }

  it("has one for each filter", () => {
    const filters = readdirSync(pathOf("../../docs/reference/filters")).map((page) => page.replace(/\.md$/, ""));
    const missing = filters.filter((filter) => !NAMES.some(({ name }) => name === filter.replaceAll("_", "-")));
    assert.deepEqual(missing, []);
  });

  it("runs in a program of its own, which sees the events on their way", async (test) => {
    const folder = temporaryFolder(test);
    copyExample("embedding", folder);
    const program = join(EXAMPLES, "embedding/main.ts");
    const { stdout } = await execute(process.execPath, [
      "--conditions=sluice-source",
      program,
      join(folder, "pipeline.yaml"),
    ]);
    assert.match(stdout, /^on its way: get\n/);
    assert.match(stdout, /received: 2, delivered: 1, filtered: 1/);
    assert.deepEqual(contentOf(join(folder, "out")), contentOf(join(folder, "expected")));
  });
});
