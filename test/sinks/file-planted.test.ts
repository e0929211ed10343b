/** Somebody else may write to the folder of the files, too. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Rejection } from "../../src/plugin.ts";
import { textOf } from "../support/events.ts";
import { filesIn, tryFileSink } from "../support/file-sinks.ts";
import { temporaryFolder } from "../support/folders.ts";

const ALICE = '{"user":"alice"}';
const EVE = '{"user":"eve"}';
const PATH = "out/{{ user }}/audit.log";

/** Plants something for eve, writes for her and for alice, and gives what was rejected. */
async function plant(context: TestContext, planting: (out: string) => void | Promise<void>) {
  const trial = await tryFileSink(context, { path: PATH });
  const out = join(trial.folder, "out");
  mkdirSync(join(out, "eve"), { recursive: true });
  await planting(out);
  const rejections = await trial.write([EVE, ALICE, EVE]);
  assert.equal(filesIn(join(out, "alice"))["audit.log"], `${ALICE}\n`);
  return { ...trial, out, rejections };
}

function assertRejected(rejections: readonly Rejection[], reason: string): void {
  const told = rejections.map((rejection) => [textOf(rejection.event), rejection.reason]);
  assert.deepEqual(told, [
    [EVE, reason],
    [EVE, reason],
  ]);
}

test("a symbolic link in a file's place is not followed", async (context) => {
  const outside = temporaryFolder(context);
  writeFileSync(join(outside, "victim"), "untouched");
  for (const target of ["victim", "absent"]) {
    const { rejections } = await plant(context, (out) =>
      symlinkSync(join(outside, target), join(out, "eve/audit.log")),
    );
    assertRejected(rejections, "nothing is written to eve/audit.log: it is a symbolic link");
  }
  assert.deepEqual(filesIn(outside), { victim: "untouched" });
});

test("a symbolic link in a folder's place is not followed", async (context) => {
  const outside = temporaryFolder(context);
  const { rejections } = await plant(context, (out) => {
    renameSync(join(out, "eve"), join(out, "away"));
    symlinkSync(outside, join(out, "eve"));
  });
  assertRejected(rejections, "nothing is written to eve: it is a symbolic link");
  assert.deepEqual(readdirSync(outside), []);
});

test("a folder that is exchanged for a symbolic link while files are open leads nowhere", async (context) => {
  const outside = temporaryFolder(context);
  writeFileSync(join(outside, "new.log"), "");
  const { folder, write } = await tryFileSink(context, { path: "out/{{ user }}/{{ name }}.log" });
  await write([{ user: "eve", name: "old" }]);
  renameSync(join(folder, "out/eve"), join(folder, "away"));
  symlinkSync(outside, join(folder, "out/eve"));
  const rejections = await write([
    { user: "eve", name: "new" },
    { user: "alice", name: "new" },
  ]);
  assert.deepEqual(
    rejections.map(({ reason }) => reason),
    ["nothing is written to eve: it is a symbolic link"],
  );
  assert.deepEqual(filesIn(outside), { "new.log": "" });
});

test("a named pipe in a file's place neither takes events nor makes anybody wait", async (context) => {
  const { rejections } = await plant(context, (out) => void execFileSync("mkfifo", [join(out, "eve/audit.log")]));
  assertRejected(rejections, "nothing is written to eve/audit.log: it is a named pipe");
});

test("a named pipe with a reader is refused, too", async (context) => {
  const { rejections } = await plant(context, (out) => {
    const pipe = join(out, "eve/audit.log");
    execFileSync("mkfifo", [pipe]);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    context.after(() => closeSync(reader));
  });
  assertRejected(rejections, "nothing is written to eve/audit.log: it is a named pipe");
});

test("a socket, a folder or a file in the wrong place is refused", async (context) => {
  const socket = await plant(context, async (out) => {
    const server = createServer();
    context.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(join(out, "eve/audit.log"), resolve));
  });
  assertRejected(socket.rejections, "nothing is written to eve/audit.log: it is a socket");
  const folder = await plant(context, (out) => void mkdirSync(join(out, "eve/audit.log")));
  assertRejected(folder.rejections, "nothing is written to eve/audit.log: it is a folder");
  const { rejections } = await plant(context, (out) => {
    renameSync(join(out, "eve"), join(out, "away"));
    writeFileSync(join(out, "eve"), "a file");
  });
  assertRejected(rejections, "nothing is written to eve: it is a file");
});

test("a refused file is written to again once the way is free", async (context) => {
  const { out, write, rejections } = await plant(context, (out) => void mkdirSync(join(out, "eve/audit.log")));
  assert.equal(rejections.length, 2);
  renameSync(join(out, "eve/audit.log"), join(out, "eve/old"));
  assert.deepEqual(await write([EVE]), []);
  assert.equal(filesIn(join(out, "eve"))["audit.log"], `${EVE}\n`);
});

test("no value leads out of the base folder", async (context) => {
  const { folder, write, files } = await tryFileSink(context, { path: "in/base/{{ user }}/{{ user }}.log" });
  const users = ["..", "../..", "/etc/passwd", ".", "../../x", "a/../../b", "\0", "..\0", "..%2f..", "\\..\\.."];
  assert.deepEqual(await write(users.map((user) => ({ user }))), []);
  assert.deepEqual(readdirSync(folder), ["in"]);
  assert.deepEqual(readdirSync(join(folder, "in")), ["base"]);
  assert.equal(Object.keys(files()).length, users.length);
  assert.ok(!existsSync(join(folder, "in/base/passwd")));
});

test("hostile users have each a file of their own, and their events are whole", async (context) => {
  const { write, files } = await tryFileSink(context, { path: "{{ user }}" });
  const users = [
    "n",
    "n\0ul",
    "a/b",
    "a_b",
    "a%2Fb",
    "\ud800",
    "\udfff",
    "\ufffd",
    "x".repeat(300),
    `${"x".repeat(300)}y`,
  ];
  const lines = users.map((user) => JSON.stringify({ user }));
  assert.deepEqual(await write(lines), []);
  assert.deepEqual(Object.values(files()).sort(), lines.map((line) => `${line}\n`).sort());
});
