import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { makeFolder } from "../../src/store/folders.ts";
import { temporaryFolder } from "../support/folders.ts";

suite("making a folder", () => {
  test("makes those above it, all with its mode, and is content with what is there", (t) => {
    const base = temporaryFolder(t);
    const folder = join(base, "a/b/c");
    for (let times = 0; times < 2; times++) makeFolder(fileSystem, folder, 0o700);
    for (const made of ["a", "a/b", "a/b/c"]) assert.equal(statSync(join(base, made)).mode & 0o777, 0o700);
  });

  test("fails where it cannot be made: in a file's place, below one, and below /proc", (t) => {
    const base = temporaryFolder(t);
    writeFileSync(join(base, "file"), "");
    assert.throws(() => makeFolder(fileSystem, join(base, "file"), 0o700), { code: "EEXIST" });
    assert.throws(() => makeFolder(fileSystem, join(base, "file/a/b"), 0o700), { code: "ENOTDIR" });
    if (process.platform === "linux") assert.throws(() => makeFolder(fileSystem, "/proc/none/of/these", 0o700));
  });
});
