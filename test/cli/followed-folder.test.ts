import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FollowedFolder } from "../../src/cli/followed-folder.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

test("a folder that goes away ends nothing, and is followed when it is there again", async (t) => {
  const folder = join(temporaryFolder(t), "out");
  const lines: string[] = [];
  const write = (text: string) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "alice.log"), `${text}\n`);
  };
  write("before");
  t.mock.timers.enable({ apis: ["setInterval"] });
  const followed = new FollowedFolder(folder, (line) => lines.push(line));
  followed.start();
  t.after(() => followed.close());
  await until("it is read", () => lines.includes("before"));
  rmSync(folder, { recursive: true });
  t.mock.timers.tick(1000);
  write("after");
  await until("it is found again", () => {
    t.mock.timers.tick(1000);
    return lines.includes("after");
  });
  assert.deepEqual(lines, ["before", "after"]);
});
