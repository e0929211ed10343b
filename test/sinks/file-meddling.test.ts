/** What others do to the files while batches are under way. */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BOTH, NEW, NOTHING, OLD } from "../support/file-batches.ts";
import { tryWriter } from "../support/file-writers.ts";

test("a file that others cut, moved or wrote to is left as it is, and told", (context) => {
  const trial = tryWriter(context);
  const texts = { cut: "1\n", moved: "1\n", replaced: "1\n", linked: "1\n", longer: "1\n", ours: "1\n", last: "1\n" };
  trial.append(texts);
  const intent = trial.intentOf(texts);
  trial.write(texts);
  const at = (name: string) => join(trial.base, name);
  truncateSync(at("cut"), 1);
  renameSync(at("moved"), at("moved.1"));
  renameSync(at("replaced"), at("replaced.1"));
  writeFileSync(at("replaced"), "theirs, of some length\n");
  renameSync(at("linked"), at("linked.1"));
  symlinkSync(at("linked.1"), at("linked"));
  appendFileSync(at("longer"), "theirs\n");
  truncateSync(at("last"), 3);
  trial.restart();
  const { outcome, meddling } = trial.writer.recover([intent], "settle");
  assert.equal(outcome, "undone");
  assert.deepEqual(meddling, {
    files: 5,
    first: [
      "cut: it was cut",
      "moved: it was moved or removed",
      "replaced: it was moved or removed",
      "linked: it was moved or removed",
      "longer: others wrote behind what Sluice did",
    ],
  });
  assert.deepEqual(trial.files(), {
    cut: "1",
    "moved.1": "1\n1\n",
    "replaced.1": "1\n1\n",
    replaced: "theirs, of some length\n",
    "linked.1": "1\n1\n",
    longer: "1\n1\ntheirs\n",
    ours: "1\n",
    last: "1\n",
  });
});

test("a batch is adopted although files of it were rotated or cut since, as a later one is whole", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.write(NEW);
  renameSync(join(trial.base, "a"), join(trial.base, "a.1"));
  truncateSync(join(trial.base, "u/b"), 3);
  renameSync(join(trial.base, "new/c"), join(trial.base, "new/c.1"));
  trial.restart();
  const { outcome, meddling } = trial.writer.recover([intent], "settle");
  assert.equal(outcome, "adopted");
  assert.deepEqual(meddling, {
    files: 3,
    first: ["a: it was moved or removed", "u/b: it was cut", "new/c: it was moved or removed"],
  });
});

test("bytes that others wrote before ours are never cut by the process that saw them", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  appendFileSync(join(trial.base, "u/b"), "x\n");
  trial.clock.now += 1000;
  assert.throws(() => trial.write(NEW), /^Error: cannot write to u\/b: others moved it, cut it or wrote to it/);
  assert.deepEqual(trial.writer.recover([intent], "settle"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), { a: "1\n", "u/b": "1\nx\n" });
  trial.append(NEW);
  assert.deepEqual(trial.files(), { ...BOTH, "u/b": "1\nx\n2 b\n" });
});

test("a file that others made, moved or replaced since the batch was prepared is not written to", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  mkdirSync(join(trial.base, "new"));
  writeFileSync(join(trial.base, "new/c"), "x\n");
  assert.throws(() => trial.write(NEW), {
    code: "EEXIST",
    message: "cannot write to new/c: EEXIST: file already exists",
  });
  trial.writer.recover([intent], "settle");
  assert.deepEqual(trial.files(), { ...OLD, "new/c": "x\n" });
  trial.append(NEW);
  assert.deepEqual(trial.files(), { ...BOTH, "new/c": "x\n2 c\n" });
});

test("a half line, whoever wrote it, does not swallow the next event", (context) => {
  const trial = tryWriter(context);
  writeFileSync(join(trial.base, "theirs"), "half");
  trial.append({ ours: "1\n" });
  appendFileSync(join(trial.base, "ours"), "half");
  trial.clock.now += 1000;
  const texts = { theirs: "2\n", ours: "2\n" };
  const intent = trial.intentOf(texts);
  trial.write(texts);
  trial.append(texts);
  assert.deepEqual(trial.files(), { theirs: "half\n2\n2\n", ours: "1\nhalf\n2\n2\n" });
  truncateSync(join(trial.base, "ours"), "1\nhalf\n2\n".length);
  truncateSync(join(trial.base, "theirs"), "half\n2\n".length);
  trial.restart();
  assert.equal(trial.writer.recover([intent], "settle").outcome, "adopted");
  assert.equal(trial.writer.recover([intent], "undo").outcome, "undone");
  assert.deepEqual(trial.files(), { theirs: "half", ours: "1\nhalf" });
});

test("a file that was moved away between batches, and the one made in its place, are told apart", (context) => {
  const trial = tryWriter(context);
  const intents = ["1\n", "22\n"].map((text) => {
    const intent = trial.intentOf({ a: text });
    trial.write({ a: text });
    if (text === "1\n") renameSync(join(trial.base, "a"), join(trial.base, "a.1"));
    trial.clock.now += 1000;
    return intent;
  });
  const third = trial.intentOf({ a: "3\n" });
  trial.write({ a: "3\n" });
  trial.restart();
  trial.writer.recover([...intents, third], "undo");
  assert.deepEqual(trial.files(), { "a.1": "1\n" });
});
