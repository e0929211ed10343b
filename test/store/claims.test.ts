import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Claims } from "../../src/store/claims.ts";
import { temporaryFolder } from "../support/folders.ts";

function claims(context: TestContext, pipeline: string): Claims {
  const made = new Claims(fileSystem, pipeline);
  context.after(() => made.release());
  return made;
}

test("a folder belongs to one pipeline, also among those of one process", (t) => {
  const folder = temporaryFolder(t);
  const one = claims(t, "/etc/one.yaml");
  const two = claims(t, "/etc/two.yaml");
  one.claim(folder);
  assert.throws(() => two.claim(folder), {
    name: "LockError",
    message: new RegExp(`${folder} belongs to .* process ${process.pid} on .* with /etc/one.yaml. Stop that one`),
  });
  one.release();
  two.claim(folder);
  assert.throws(() => one.claim(folder), /with \/etc\/two.yaml/);
});

test("a pipeline may claim a folder twice, by another name, too", (t) => {
  const folder = temporaryFolder(t);
  const real = join(folder, "real");
  mkdirSync(real);
  symlinkSync(real, join(folder, "link"));
  const one = claims(t, "one.yaml");
  one.claim(real);
  one.claim(real);
  one.claim(join(folder, "link"));
  assert.throws(() => claims(t, "two.yaml").claim(join(folder, "link")), /belongs to a pipeline/);
});

test("a lock is an empty file that only its user can open, and nothing else is left when it is given back", (t) => {
  const folder = temporaryFolder(t);
  const one = claims(t, "one.yaml");
  one.claim(folder);
  assert.equal(statSync(join(folder, ".sluice.lock")).mode & 0o777, 0o600);
  one.release();
  assert.deepEqual(readdirSync(folder), [".sluice.lock"]);
  assert.equal(statSync(join(folder, ".sluice.lock")).size, 0);
});

test("who is refused is not told what would steer a terminal, nor held up by an owner that cannot be read", (t) => {
  const folder = temporaryFolder(t);
  claims(t, "one.yaml").claim(folder);
  const refused = (words: RegExp) => assert.throws(() => claims(t, "two.yaml").claim(folder), words);
  writeFileSync(
    join(folder, ".sluice.owner"),
    JSON.stringify({ pid: 1, host: "\u001b[2Jx", pipeline: "p", since: "s" }),
  );
  refused(/process 1 on \ufffd\[2Jx since s/);
  writeFileSync(join(folder, ".sluice.owner"), "{");
  refused(/its owner is unknown/);
});

test("a folder that cannot hold a lock is told with its remedy", (t) => {
  const folder = temporaryFolder(t);
  const claimOf = (path: string) => () => claims(t, "one.yaml").claim(path);
  assert.throws(
    claimOf("/proc/self"),
    /cannot lock \/proc\/\d+\/\.sluice\.lock \(E[A-Z]+\): the process must be allowed/,
  );
  mkdirSync(join(folder, "a"));
  symlinkSync(join(folder, "elsewhere"), join(folder, "a", ".sluice.lock"));
  assert.throws(claimOf(join(folder, "a")), /\.sluice\.lock is no file: move it away/);
  mkdirSync(join(folder, "b"));
  writeFileSync(join(folder, "b", ".sluice.lock"), "something else\n".repeat(10));
  assert.throws(claimOf(join(folder, "b")), /cannot lock .*not a database.*: move it away/);
  for (const below of ["file", "file/below"]) {
    writeFileSync(join(folder, "file"), "");
    assert.throws(
      claimOf(join(folder, below)),
      /\((EEXIST|ENOTDIR)\): a file is in the place of a folder: move it away/,
    );
  }
});
