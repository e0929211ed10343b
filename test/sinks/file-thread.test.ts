import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ThreadedWriter } from "../../plugins/sinks/file/threaded-writer.ts";
import { eventsOf } from "../support/events.ts";
import { tryFileSink } from "../support/file-sinks.ts";
import { temporaryFolder } from "../support/folders.ts";

test("a full disk fails the batch, and once there is room it is written once", async (context) => {
  const flag = join(temporaryFolder(context), "full");
  const disk = new URL(`../support/full-disk.ts?while=${encodeURIComponent(flag)}`, import.meta.url);
  const { write, files } = await tryFileSink(context, { path: "{{ user }}" }, { fileSystemModule: disk.href });
  const users = ["a", "b", "c"].map((user) => ({ user }));
  await write(users);
  writeFileSync(flag, "");
  const error = { code: "ENOSPC", message: "cannot write to b: ENOSPC: no space left on device" };
  for (let tries = 0; tries < 3; tries++) await assert.rejects(write(users), error);
  rmSync(flag);
  assert.deepEqual(await write(users), []);
  const twice = users.map(({ user }) => [user, `{"user":"${user}"}\n`.repeat(2)]);
  assert.deepEqual(files(), Object.fromEntries(twice));
});

test("a thread that cannot start fails the batch, not the program", async (context) => {
  const { write, files } = await tryFileSink(context, { path: "a" }, { fileSystemModule: "./nowhere.js" });
  for (let tries = 0; tries < 2; tries++)
    await assert.rejects(write(["{}"]), /the thread that writes files failed: .*nowhere/);
  assert.deepEqual(files(), {});
});

test("a sink that wrote nothing closes at once, and any sink twice", async (context) => {
  const { sink, write } = await tryFileSink(context, { path: "a" });
  await sink.close?.();
  await write(["{}"]);
  await sink.close?.();
  await sink.close?.();
});

test("a program that makes a sink and neither writes nor closes it can end", (context) => {
  const base = temporaryFolder(context);
  const module = new URL("../../plugins/sinks/file/threaded-writer.ts", import.meta.url);
  const settings = { base, maxOpenFiles: 1, fileMode: 0o640, folderMode: 0o750, fileSystemModule: "node:fs" };
  const program = `import { ThreadedWriter } from "${module}";
    new ThreadedWriter(${JSON.stringify(settings)}).start();
    console.log("made");`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 20_000 });
  assert.equal(said.toString(), "made\n");
});

test("what is written is synced while other batches are prepared and written", async (context) => {
  const { sink, files } = await tryFileSink(context, { path: "{{ user }}" });
  const never = new AbortController().signal;
  const users = Array.from({ length: 50 }, (_, index) => ({ user: `u${index}` }));
  for (let batch = 0; batch < 3; batch++) {
    const events = eventsOf(users.slice(batch), sink);
    const preparing = sink.prepare?.(events);
    const syncing = sink.sync?.();
    const prepared = await preparing;
    // The sync may have begun before or after: what it takes to undo this batch has to be durable by itself.
    assert.equal(prepared && "intent" in prepared && prepared.isFirst, true);
    await sink.write(events, never);
    await syncing;
  }
  assert.equal(Object.keys(files()).length, 50);
});

test("without durability nothing is synced, and no batch is the first", async (context) => {
  const { sink } = await tryFileSink(context, { path: "{{ user }}", durability: "none" });
  const prepared = await sink.prepare?.(eventsOf([{ user: "a" }], sink));
  assert.equal(prepared && "intent" in prepared && prepared.isFirst, false);
  await sink.sync?.();
});

test("a thread that ends between preparing and writing writes nothing, and says so", async (context) => {
  const base = temporaryFolder(context);
  const settings = { base, maxOpenFiles: 9, fileMode: 0o640, folderMode: 0o750, fileSystemModule: "node:fs" };
  const writer = new ThreadedWriter(settings);
  await writer.prepare({ paths: ["a"], lengths: Float64Array.of(2) });
  await writer.close();
  await assert.rejects(writer.write(new SharedArrayBuffer(2)), /a batch is written once, after it was prepared/);
  await writer.close();
});
