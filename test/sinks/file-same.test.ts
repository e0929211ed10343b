/** One file may be found by several paths, and one path may lead to another file than before. */
import assert from "node:assert/strict";
import { linkSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PathTeller } from "../../plugins/sinks/file/path-numbers.ts";
import { tryWriter } from "../support/file-writers.ts";

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
