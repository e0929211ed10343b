/** The number of an inode is another file's as soon as the one that had it is gone. */
import assert from "node:assert/strict";
import nodeFileSystem, { readlinkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { tryWriter } from "../support/file-writers.ts";

/**
 * A writer whose batch saw anna's file closed, and then made carl's while the hand of another removed anna's: with her
 * file's number, which some file systems give again at once. Here all of them do.
 */
function tryReuse(context: TestContext) {
  const trial = tryWriter(context, { maxOpenFiles: 1, syncFileSystem: async () => true });
  const path = (user: string) => join(trial.base, "users", user);
  let freed: number | undefined;
  let taker: number | undefined;
  const seen = <Found extends { ino: number } | undefined>(found: Found): Found => {
    if (found !== undefined && found.ino === taker && freed !== undefined) found.ino = freed;
    return found;
  };
  trial.faults.fstatSync = ((file: number) => {
    const found = nodeFileSystem.fstatSync(file);
    if (freed !== undefined && readlinkSync(`/proc/self/fd/${file}`) === path("carl")) taker = found.ino;
    return seen(found);
  }) as typeof nodeFileSystem.fstatSync;
  trial.faults.lstatSync = ((at: string) =>
    seen(nodeFileSystem.lstatSync(at, { throwIfNoEntry: false }))) as typeof nodeFileSystem.lstatSync;
  return {
    trial,
    begin() {
      trial.append({ "users/bert": "b 1\n" });
      trial.append({ "users/anna": "a 1\n" });
    },
    reuse() {
      const texts = { "users/bert": "b 2\n", "users/carl": "c 1\n" };
      trial.prepare(texts);
      freed = statSync(path("anna")).ino;
      rmSync(path("anna"));
      trial.write(texts);
    },
  };
}

test("a file that is made is no other's that had its number, whose user's events do not get into it", (context) => {
  const { trial, begin, reuse } = tryReuse(context);
  begin();
  reuse();
  trial.append({ "users/anna": "a 2\n" });
  trial.append({ "users/carl": "c 2\n" });
  assert.deepEqual(trial.files(), { "users/anna": "a 2\n", "users/bert": "b 1\nb 2\n", "users/carl": "c 1\nc 2\n" });
});

test("a batch for a file that was made with another's number is not written twice after a kill", (context) => {
  const { trial, begin, reuse } = tryReuse(context);
  begin();
  reuse();
  const intent = trial.intentOf({ "users/carl": "c 2\n" });
  trial.write({ "users/carl": "c 2\n" });
  trial.restart();
  assert.equal(trial.writer.recover([intent], "settle").outcome, "adopted");
});

test("the folder of a file that was made with another's number is synced", async (context) => {
  const { trial, begin, reuse } = tryReuse(context);
  const synced: string[] = [];
  trial.faults.fsync = ((descriptor, done) => {
    synced.push(readlinkSync(`/proc/self/fd/${descriptor}`));
    nodeFileSystem.fsync(descriptor, done);
  }) as typeof nodeFileSystem.fsync;
  begin();
  await trial.writer.sync();
  trial.append({ "users/bert": "b 3\n" });
  trial.append({ "users/anna": "a 2\n" });
  reuse();
  await trial.writer.sync();
  assert.ok(synced.includes(join(trial.base, "users")));
});
