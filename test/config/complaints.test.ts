/**
 * Each file in complaints/ holds a pipeline.yaml, a line of dashes, and what is printed about it.
 * UPDATE_EXPECTED=1 writes what is printed now.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { suite, test } from "node:test";
import { pipelineFolder } from "./pipeline-folder.ts";

const FOLDER = new URL("./complaints/", import.meta.url);
const LINE = "\n----------\n";

suite("complaints about pipeline.yaml", () => {
  for (const name of readdirSync(FOLDER).sort()) {
    test(basename(name, ".txt").replaceAll("-", " "), async () => {
      const file = new URL(name, FOLDER);
      const [yaml, expected] = readFileSync(file, "utf8").split(LINE);
      using folder = pipelineFolder(`${yaml}\n`);
      const printed = `${await folder.complain()}\n`;
      if (process.env.UPDATE_EXPECTED) writeFileSync(file, yaml + LINE + printed);
      else assert.equal(printed, expected);
    });
  }
});
