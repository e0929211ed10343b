/** One file may be found by several paths, and one path may lead to another file than before. */
import assert from "node:assert/strict";
import nodeFileSystem, { linkSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { PathTeller } from "../../plugins/sinks/file/path-numbers.ts";
import { NOTHING } from "../support/file-batches.ts";
import { type Faults, type Texts, tryWriter } from "../support/file-writers.ts";

for (const maxOpenFiles of [1, 100]) {
  test(`a file that is found by two paths is one, with ${maxOpenFiles} open`, (context) => {
    const trial = tryWriter(context, { maxOpenFiles });
    trial.append({ a: "1\n" });
    linkSync(join(trial.base, "a"), join(trial.base, "b"));
    const intent = trial.intentOf({ b: "2\n", c: "2\n", a: "3\n" });
    trial.write({ b: "2\n", c: "2\n", a: "3\n" });
    assert.deepEqual(trial.files(), { a: "1\n2\n3\n", b: "1\n2\n3\n", c: "2\n" });
    trial.restart();
    assert.equal(trial.writer.recover([intent], "settle").outcome, "adopted");
    trial.writer.recover([intent], "undo");
    assert.deepEqual(trial.files(), { a: "1\n", b: "1\n" });
  });
}

test("two paths of one file that part later have a file each again within a second", (context) => {
  const trial = tryWriter(context);
  trial.append({ a: "1\n" });
  linkSync(join(trial.base, "a"), join(trial.base, "b"));
  trial.append({ a: "2\n", b: "2\n" });
  rmSync(join(trial.base, "b"));
  trial.clock.now += 1000;
  trial.append({ a: "3\n", b: "3\n" });
  trial.append({ b: "4\n" });
  assert.deepEqual(trial.files(), { a: "1\n2\n2\n3\n", b: "3\n4\n" });
});

test("a file that is moved to another's path is that one's from then on", (context) => {
  const trial = tryWriter(context);
  trial.append({ a: "a 1\n", b: "b 1\n" });
  rmSync(join(trial.base, "b"));
  renameSync(join(trial.base, "a"), join(trial.base, "b"));
  trial.clock.now += 1000;
  // The one that took the place is looked at before the one that lost it.
  trial.append({ b: "b 2\n", a: "a 2\n" });
  trial.append({ a: "a 3\n", b: "b 3\n" });
  assert.deepEqual(trial.files(), { a: "a 2\na 3\n", b: "a 1\nb 2\nb 3\n" });
});

test("paths that are told anew, as there were too many, lead to the files that are open", (context) => {
  const trial = tryWriter(context);
  const add = (text: string) => {
    const prepared = trial.writer.prepare(new PathTeller().number(["a", "b"]), [2, 2]);
    trial.writer.write(Buffer.from(text));
    return "isFirst" in prepared && prepared.isFirst;
  };
  assert.equal(add("1\n1\n"), true);
  assert.equal(add("2\n2\n"), false);
  assert.deepEqual(trial.files(), { a: "1\n2\n", b: "1\n2\n" });
});

/** A writer that was told by the file system that anna's and bert's new files are one, which is no more. */
function tryTwins(context: TestContext) {
  const trial = tryWriter(context);
  const paths = { anna: join(trial.base, "anna"), bert: join(trial.base, "bert") };
  trial.faults.openSync = ((path, flags, mode) => {
    const isBorn = (Number(flags) & nodeFileSystem.constants.O_CREAT) !== 0;
    if (isBorn && String(path).endsWith("/bert")) linkSync(paths.anna, paths.bert);
    return nodeFileSystem.openSync(path, flags, mode);
  }) as typeof nodeFileSystem.openSync;
  assert.throws(() => trial.append({ anna: "a 0\n", bert: "b 0\n" }), /EEXIST/);
  delete trial.faults.openSync;
  for (const path of [paths.anna, paths.bert]) rmSync(path, { force: true });
  trial.clock.now += 1000;
  return trial;
}

test("a batch that makes one file by two paths is written by another try", (context) => {
  const trial = tryTwins(context);
  trial.append({ anna: "a 1\n", bert: "b 1\n" });
  assert.deepEqual(trial.files(), { anna: "a 1\nb 1\n" });
});

test("paths that were one file once have a file each as soon as one of them is there", (context) => {
  const trial = tryTwins(context);
  trial.append({ anna: "a 1\n" });
  trial.append({ bert: "b 1\n" });
  trial.append({ anna: "a 2\n", bert: "b 2\n" });
  assert.deepEqual(trial.files(), { anna: "a 1\na 2\n", bert: "b 1\nb 2\n" });
});

test("the events of a path that was one with another once make a file by its own name", (context) => {
  const trial = tryTwins(context);
  trial.append({ bert: "b 1\n" });
  assert.deepEqual(trial.files(), { bert: "b 1\n" });
});

test("two names of one batch that make one path are undone together", (context) => {
  const trial = tryWriter(context);
  const prepare = () => {
    const prepared = trial.prepareAll([
      ["a", "1\n"],
      ["b", "2\n"],
      ["a", "3 3\n"],
    ]);
    if ("refused" in prepared) throw new Error("refused");
    return prepared.intent;
  };
  const intents = [0, 1].map(() => {
    const intent = prepare();
    trial.writer.write(Buffer.from("1\n2\n3 3\n"));
    return intent;
  });
  assert.deepEqual(trial.files(), { a: "1\n3 3\n1\n3 3\n", b: "2\n2\n" });
  trial.restart();
  assert.equal(trial.writer.recover(intents.slice(1), "settle").outcome, "adopted");
  trial.writer.recover(intents.slice(1), "undo");
  assert.deepEqual(trial.files(), { a: "1\n3 3\n", b: "2\n" });
  trial.writer.recover(intents, "undo");
  assert.deepEqual(trial.files(), {});
});

/** A file system to which upper and lower case are the same. */
function ignoreCase({ base, faults }: { base: string; faults: Faults }): void {
  for (const name of ["openSync", "lstatSync", "unlinkSync", "mkdirSync"] as const) {
    const real = nodeFileSystem[name] as (...given: unknown[]) => unknown;
    const lower = (path: string) => {
      const folder = [`${base}/`, "/proc/self/fd/"].find((start) => path.startsWith(start)) ?? path;
      return folder + path.slice(folder.length).toLowerCase();
    };
    faults[name] = ((path: string, ...rest: unknown[]) => real(lower(path), ...rest)) as never;
  }
}

test("where upper and lower case are the same, two users share a file, and nobody is held up", (context) => {
  const trial = tryWriter(context);
  ignoreCase(trial);
  const intents: unknown[] = [];
  const write = (texts: Texts) => {
    intents.push(trial.intentOf(texts));
    trial.write(texts);
  };
  assert.throws(() => trial.append({ Alice: "1\n", x: "1\n", alice: "2\n" }), { code: "EEXIST" });
  assert.deepEqual(trial.files(), {});
  write({ Alice: "1\n", x: "1\n", alice: "2\n" });
  write({ alice: "3\n", ALICE: "4\n", x: "2\n" });
  trial.restart();
  write({ alice: "5\n" });
  write({ Alice: "6\n", alice: "7\n" });
  assert.deepEqual(trial.files(), { alice: "1\n2\n3\n4\n5\n6\n7\n", x: "1\n2\n" });
  trial.restart();
  assert.equal(trial.writer.recover(intents.slice(3), "settle").outcome, "adopted");
  assert.deepEqual(trial.writer.recover(intents.slice(1), "undo"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), { alice: "1\n2\n", x: "1\n" });
});
