import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { systemSync } from "../../plugins/sinks/file/system-sync.ts";
import { temporaryFolder } from "../support/folders.ts";

test("the file system of a folder is synced, be the folder gone meanwhile", {
  skip: process.platform !== "linux",
}, async (context) => {
  const sync = systemSync("node:fs");
  const folder = temporaryFolder(context);
  assert.equal(await sync?.(folder), true);
  assert.equal(await sync?.(join(folder, "gone/too")), true);
});

test("a file system that is not the system's own is not synced by it", () => {
  assert.equal(systemSync("./faulty.ts"), undefined);
});
