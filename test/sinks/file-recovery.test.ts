import assert from "node:assert/strict";
import nodeFileSystem, { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BOTH, dieAt, NEW, NOTHING, OLD } from "../support/file-batches.ts";
import { failure, tryWriter } from "../support/file-writers.ts";

test("preparing a batch makes no file and no folder", (context) => {
  const { base, intentOf } = tryWriter(context);
  rmSync(base, { recursive: true });
  intentOf(NEW);
  assert.equal(nodeFileSystem.existsSync(base), false);
});

test("a batch that is wholly there when the process dies is adopted", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.write(NEW);
  trial.restart();
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(trial.writer.recover([intent], "settle"), { outcome: "adopted", meddling: NOTHING });
    assert.deepEqual(trial.files(), BOTH);
  }
});

test("a batch that is there in part is undone: files are cut to where they were, those born removed", (context) => {
  for (const number of [1, 2, 3, 4]) {
    const trial = tryWriter(context);
    trial.append(OLD);
    const intent = dieAt(trial, NEW, number);
    for (let times = 0; times < 2; times++) {
      assert.deepEqual(trial.writer.recover([intent], "settle"), { outcome: "undone", meddling: NOTHING });
      assert.deepEqual(trial.files(), OLD);
    }
    trial.append(NEW);
    assert.deepEqual(trial.files(), BOTH);
  }
});

test("a batch of which nothing was written is undone without a change", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.restart();
  assert.deepEqual(trial.writer.recover([intent], "settle"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), OLD);
});

test("several batches are undone to where the first of them began", (context) => {
  const trial = tryWriter(context, { maxOpenFiles: 1 });
  trial.append(OLD);
  const intents = [NEW, { a: "3\n", "late/e": "3\n" }, NEW].map((texts) => {
    const intent = trial.intentOf(texts);
    trial.write(texts);
    return intent;
  });
  trial.restart();
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(trial.writer.recover(intents, "undo"), { outcome: "undone", meddling: NOTHING });
    assert.deepEqual(trial.files(), OLD);
  }
});

test("an undo that fails half-way is done by another one", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.write(NEW);
  for (const [name, code] of [
    ["ftruncateSync", "EIO"],
    ["unlinkSync", "EROFS"],
    ["openSync", "EMFILE"],
  ] as const) {
    trial.restart();
    trial.faults[name] = () => {
      throw failure(code);
    };
    assert.throws(() => trial.writer.recover([intent], "undo"), { code, message: /^cannot take back|EMFILE/ });
    delete trial.faults[name];
  }
  assert.deepEqual(trial.writer.recover([intent], "undo"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), OLD);
});

test("bytes whose intent a crash of the machine has taken are undone with those before them", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.write(NEW);
  trial.append({ a: "lost\n" });
  appendFileSync(join(trial.base, "u/b"), "\0\0\0\0");
  trial.restart();
  assert.deepEqual(trial.writer.recover([intent], "undo"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), { a: "1\n", "u/b": "1\n" });
});

test("an intent of another version is not guessed at", (context) => {
  const { writer } = tryWriter(context);
  for (const intent of [undefined, {}, { version: 2, base: "/", device: 1, files: "" }]) {
    assert.throws(
      () => writer.recover([intent], "undo"),
      /of another version: start the version of Sluice that wrote it/,
    );
  }
});

test("thousands of files are undone with one of them open at a time", (context) => {
  const trial = tryWriter(context, { maxOpenFiles: 1 });
  const names = Array.from({ length: 2000 }, (_, index) => `u${index % 50}/f${index}`);
  const texts = Object.fromEntries(names.map((name) => [name, "1\n"]));
  trial.append(texts);
  const intent = trial.intentOf(texts);
  trial.write(texts);
  trial.restart();
  let [open, most] = [0, 0];
  trial.faults.openSync = (...given) => {
    const descriptor = nodeFileSystem.openSync(...given);
    most = Math.max(most, ++open);
    return descriptor;
  };
  trial.faults.closeSync = (descriptor) => {
    open--;
    nodeFileSystem.closeSync(descriptor);
  };
  trial.writer.recover([intent], "undo");
  assert.deepEqual(trial.files(), texts);
  assert.ok(most <= 4, `${most} were open`);
  assert.equal(readFileSync(join(trial.base, "u1/f1"), "utf8"), "1\n");
});
