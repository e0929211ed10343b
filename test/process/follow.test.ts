import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../support/folders.ts";
import { startSluice } from "../support/sluice.ts";

const line = (user: string, name: string, more: object = {}): string =>
  JSON.stringify({
    event: {
      verb: "delete",
      user: { username: user },
      objectRef: { resource: "pods", subresource: "exec", namespace: "shop", name },
      responseStatus: { code: 403 },
      stageTimestamp: "2026-03-01T23:59:59.123456Z",
      ...more,
    },
  });

function write(folder: string, user: string, day: string, text: string): void {
  mkdirSync(join(folder, `ocp-audit-${user}`), { recursive: true });
  appendFileSync(join(folder, `ocp-audit-${user}`, `audit-${day}.log`), `${text}\n`);
}

function follow(t: TestContext, folder: string, ...words: string[]) {
  const sluice = startSluice(folder, ["follow", folder, ...words]);
  t.after(() => sluice.process.kill("SIGKILL"));
  return sluice;
}

test("a line an event: time, user, verb, resource, name, code; and the next day's file takes over", async (t) => {
  const folder = temporaryFolder(t);
  write(folder, "alice", "2026-03-01", line("alice", "web-0"));
  const sluice = follow(t, folder);
  await sluice.says("2026-03-01 23:59:59  alice  delete   pods/exec  shop/web-0  403\n");
  write(folder, "alice", "2026-03-01", line("alice", "web-1"));
  await sluice.says("shop/web-1");
  write(folder, "alice", "2026-03-02", line("alice", "web-2"));
  await sluice.says("shop/web-2");
  sluice.process.kill("SIGINT");
  assert.equal(await sluice.exit, 0);
});

test("--user shows one user's events, without the name; --json shows the bytes", async (t) => {
  const folder = temporaryFolder(t);
  write(folder, "alice", "2026-03-01", line("alice", "web-0"));
  write(folder, "bob", "2026-03-01", line("bob", "db-0"));
  const sluice = follow(t, folder, "--user", "bob");
  await sluice.says("23:59:59  delete   pods/exec  shop/db-0  403\n");
  assert.doesNotMatch(sluice.output.stdout, /web-0/);
  const json = follow(t, folder, "--user", "bob", "--json");
  await json.says("db-0");
  assert.equal(json.output.stdout, `${line("bob", "db-0")}\n`);
});

test("control characters in an event do not reach the terminal, and what is no event is shown as it is", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), `${line("eve\u001b[2J", "x")}\nplain\n`);
  const sluice = follow(t, folder);
  await sluice.says("plain\n");
  assert.match(sluice.output.stdout, /eve\ufffd\[2J/);
});

test("the lock of the folder, and who has it, are no events", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), "an event\n");
  utimesSync(join(folder, "a.log"), 1, 1);
  writeFileSync(join(folder, ".sluice.owner"), "the owner\n");
  const sluice = follow(t, folder);
  await sluice.says("an event\n");
  assert.equal(sluice.output.stdout, "an event\n");
});

test("files of several users in one folder are followed, each the newest of its days", async (t) => {
  const folder = temporaryFolder(t);
  for (const name of ["alice-2026-03-01", "alice-2026-03-02", "bob-2026-03-02", "carol"]) {
    writeFileSync(join(folder, `${name}.log`), `${name}\n`);
  }
  utimesSync(join(folder, "alice-2026-03-01.log"), 1, 1);
  const sluice = follow(t, folder);
  for (const name of ["alice-2026-03-02", "bob-2026-03-02", "carol"]) await sluice.says(`${name}\n`);
  appendFileSync(join(folder, "bob-2026-03-02.log"), "more\n");
  await sluice.says("more\n");
  assert.doesNotMatch(sluice.output.stdout, /alice-2026-03-01/);
});

test("a file in the place of the folder is wrong usage", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), "an event\n");
  const sluice = startSluice(folder, ["follow", "a.log"]);
  assert.equal(await sluice.exit, 2);
  assert.match(sluice.output.stderr, /a\.log is a file: name the folder that a file sink writes to/);
});

test("a folder that is not there is wrong usage", async (t) => {
  const sluice = startSluice(temporaryFolder(t), ["follow", "nowhere"]);
  assert.equal(await sluice.exit, 2);
  assert.match(sluice.output.stderr, /there is no folder nowhere/);
});

test("what is no audit event is shown as it is", async (t) => {
  const folder = temporaryFolder(t);
  write(folder, "alice", "2026-03-01", '{"n":1,"user":{"username":"alice"}}');
  const sluice = follow(t, folder);
  await sluice.says('{"n":1,"user":{"username":"alice"}}\n');
});
