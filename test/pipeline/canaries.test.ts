import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "../support/folders.ts";
import { CANARY, SECRET_PLACES } from "../support/secret-places.ts";

const execute = promisify(execFile);
const BINARY = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));

const PIPELINE = `
sources:
  audit_log:
    type: tail
    paths: [input.log]
  lists:
    type: tail
    paths: [lists.log]
    filters:
      - type: split
        field: items
filters:
  - type: redact
    mode: MODE
sinks:
  audit:
    type: file
    path: out/audit.log
  console:
    type: console
  none:
    type: ./refusing.ts
`;

const REFUSING = `
import { defineSink } from "sluice";
export default defineSink({
  description: "Takes nothing.",
  options: { type: "object", properties: {} },
  create: () => ({ write: async (events) => events.map((event) => ({ event, reason: "it takes nothing" })) }),
});
`;

for (const mode of ["remove", "mask"]) {
  it(`lets no planted secret out in mode ${mode}: not into a file, a dead letter, a log`, async (test) => {
    const folder = temporaryFolder(test);
    const lines = SECRET_PLACES.map(([, line]) => (typeof line === "string" ? line : JSON.stringify(line)));
    writeFileSync(join(folder, "pipeline.yaml"), PIPELINE.replace("MODE", mode));
    writeFileSync(join(folder, "refusing.ts"), REFUSING);
    writeFileSync(join(folder, "input.log"), lines.map((line) => `${line}\n{"event":${line}}\n`).join(""));
    writeFileSync(join(folder, "lists.log"), `{"kind":"EventList","items":[${lines.join(",")}]}\n`);

    const run = await execute(process.execPath, [BINARY, "run", "--exit-on-eof", "--log-level", "debug"], {
      cwd: folder,
      maxBuffer: 64 << 20,
    });

    const written = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/^(input|lists)\.log$/.test(entry.name))
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
    const everything = Buffer.concat([...written, Buffer.from(run.stdout), Buffer.from(run.stderr)]);
    assert.equal(everything.includes(CANARY), false);
    const delivered = readFileSync(join(folder, "out", "audit.log"), "utf8")
      .trim()
      .split("\n");
    assert.equal(delivered.length, 3 * lines.length);
    assert.ok(delivered.every((line) => line.includes('"sluice/redacted":"re')));
  });
}
