/** The file sink looks at the next batch's files while one is written. */
import assert from "node:assert/strict";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { decodeIntent } from "../../plugins/sinks/file/intent.ts";
import type { UndoableSink } from "../../src/delivery/undoable-try.ts";
import type { Event, Prepared } from "../../src/plugin.ts";
import { eventsOf } from "../support/events.ts";
import { NOTHING } from "../support/file-batches.ts";
import { tryFileSink } from "../support/file-sinks.ts";
import { failure, tryWriter } from "../support/file-writers.ts";
import { temporaryFolder } from "../support/folders.ts";

const never = new AbortController().signal;

async function prepare(sink: UndoableSink, events: readonly Event[]): Promise<Prepared> {
  const prepared = await sink.prepare(events);
  assert.ok("intent" in prepared);
  return prepared;
}

const befores = ({ intent }: Prepared) => decodeIntent(intent).additions.map(({ path, before }) => [path, before]);

for (const when of ["before the write", "while the batch before is written", "never"] as const) {
  test(`an expected batch begins where the one before has ended: it is told ${when}`, async (context) => {
    const { sink, files } = await tryFileSink(context, { path: "{{ user }}" });
    const undoable = sink as UndoableSink;
    const batches = [0, 1, 2].map((n) => eventsOf([{ user: "a", n }, { user: `b${n}` }], sink));
    for (const [number, events] of batches.entries()) {
      const next = batches[number + 1];
      const prepared = await prepare(undoable, events);
      assert.deepEqual(befores(prepared)[0], ["a", number * '{"user":"a","n":0}\n'.length]);
      if (next && when === "before the write") sink.expect?.(next);
      const writing = sink.write(events, never);
      if (when === "while the batch before is written") {
        await turn();
        if (next) sink.expect?.(next);
      }
      await writing;
    }
    const lines = [0, 1, 2].map((n) => `{"user":"a","n":${n}}\n`).join("");
    assert.deepEqual(files(), {
      a: lines,
      b0: '{"user":"b0"}\n',
      b1: '{"user":"b1"}\n',
      b2: '{"user":"b2"}\n',
    });
  });
}

test("a batch that was expected and does not come leaves nothing, and another may come in its place", async (context) => {
  const { sink, write, files } = await tryFileSink(context, { path: "{{ user }}" });
  const [first, expected] = ["a", "b"].map((user) => eventsOf([{ user }], sink)) as [Event[], Event[]];
  await prepare(sink as UndoableSink, first);
  sink.expect?.(expected);
  await sink.write(first, never);
  await write([{ user: "c" }]);
  assert.deepEqual(files(), { a: '{"user":"a"}\n', c: '{"user":"c"}\n' });
});

test("an expected batch is written as it is, even if one that was expected behind it cannot be read", async (context) => {
  const { sink, files } = await tryFileSink(context, { path: "{{ user }}" });
  const undoable = sink as UndoableSink;
  const [first, second] = [
    ["a", "b"],
    ["c", "d"],
  ].map((users) =>
    eventsOf(
      users.map((user) => ({ user })),
      sink,
    ),
  ) as [Event[], Event[]];
  const [readable] = eventsOf([{ user: "e" }], sink) as [Event];
  const unreadable: Event = Object.create(readable, {
    byteLength: {
      get: () => {
        throw new Error("it is gone");
      },
    },
  });
  await prepare(undoable, first);
  sink.expect?.(second);
  const writing = sink.write(first, never);
  await turn();
  sink.expect?.([readable, unreadable]);
  await writing;
  await prepare(undoable, second);
  await sink.write(second, never);
  assert.deepEqual(files(), Object.fromEntries(["a", "b", "c", "d"].map((user) => [user, `{"user":"${user}"}\n`])));
});

test("a batch that was expected behind a write that failed is prepared anew", async (context) => {
  const flag = join(temporaryFolder(context), "full");
  const disk = new URL(`../support/full-disk.ts?while=${encodeURIComponent(flag)}`, import.meta.url);
  const { sink, files } = await tryFileSink(context, { path: "{{ user }}" }, { fileSystemModule: disk.href });
  const undoable = sink as UndoableSink;
  const users = ["a", "b", "c"].map((user) => ({ user }));
  const [first, second] = [eventsOf(users, sink), eventsOf(users, sink)];
  writeFileSync(flag, "");
  const { intent } = await prepare(undoable, first);
  sink.expect?.(second);
  await assert.rejects(sink.write(first, never), { code: "ENOSPC" });
  assert.equal(await undoable.recover([intent], "settle"), "undone");
  assert.deepEqual(files(), {});
  rmSync(flag);
  for (const events of [first, second]) {
    await prepare(undoable, events);
    await sink.write(events, never);
  }
  assert.deepEqual(files(), Object.fromEntries(users.map(({ user }) => [user, `{"user":"${user}"}\n`.repeat(2)])));
});

test("a sync that begins behind the look makes the batch the first to touch its files", async (context) => {
  const { sink } = await tryFileSink(context, { path: "{{ user }}" });
  const batches = [0, 1, 2].map((n) => eventsOf([{ user: "a", n }], sink));
  const isFirst: (boolean | undefined)[] = [];
  for (const [number, events] of batches.entries()) {
    isFirst.push((await prepare(sink as UndoableSink, events)).isFirst);
    const next = batches[number + 1];
    if (next) sink.expect?.(next);
    await sink.write(events, never);
    if (number === 1) await sink.sync?.();
  }
  assert.deepEqual(isFirst, [true, false, true]);
});

test("what is known of a batch whose write failed is kept until it is settled, whatever comes next", (context) => {
  const trial = tryWriter(context);
  trial.append({ a: "1\n", b: "1\n" });
  const batch = { a: "2\n", b: "2\n" };
  const intent = trial.intentOf(batch);
  trial.faults.writeSync = () => {
    throw failure("EIO");
  };
  assert.throws(() => trial.write(batch), { code: "EIO" });
  delete trial.faults.writeSync;
  assert.throws(() => trial.prepareAhead({ b: "3\n" }), /the batch before has failed/);
  // Nothing of the batch got into this file: what lies behind its old end is somebody else's.
  appendFileSync(join(trial.base, "b"), "theirs\n");
  assert.deepEqual(trial.writer.recover([intent], "settle"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.append({ b: "3\n" }), []);
  assert.deepEqual(trial.files(), { a: "1\n", b: "1\ntheirs\n3\n" });
});
