import assert from "node:assert/strict";
import { appendFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dieAt, NOTHING, OLD } from "../support/file-batches.ts";
import { tryWriter } from "../support/file-writers.ts";

test("what cannot be read again is kept, without the half line at its end", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const long = { a: "2\n3\nhalf a line\n", born: "none whole\n" };
  const first = trial.intentOf({ "u/b": "2\n" });
  trial.write({ "u/b": "2\n" });
  const intents = [first, dieAt(trial, long, 1)];
  appendFileSync(join(trial.base, "born"), "none");
  truncateSync(join(trial.base, "a"), "1\n2\n3\nhalf".length - 3);
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(trial.writer.recover(intents, "keep"), { outcome: "undone", meddling: NOTHING });
    assert.deepEqual(trial.files(), { a: "1\n2\n3\n", "u/b": "1\n2\n" });
  }
});

test("a long half line is cut, too", (context) => {
  const trial = tryWriter(context);
  const line = `${"x".repeat(200_000)}\n`;
  const intent = trial.intentOf({ a: line + line });
  trial.write({ a: line + line });
  truncateSync(join(trial.base, "a"), 350_000);
  trial.restart();
  trial.writer.recover([intent], "keep");
  assert.equal(trial.files().a, line);
});

test("zeros that a power cut leaves in a file that is kept are cut off, with all behind them", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const texts = { a: `2\n3${"\0".repeat(100_000)}\n4\n`, "u/b": "2\n", born: "\0\0\n" };
  const intent = trial.intentOf(texts);
  trial.write(texts);
  trial.restart();
  for (let times = 0; times < 2; times++) {
    trial.writer.recover([intent], "keep");
    assert.deepEqual(trial.files(), { a: "1\n2\n", "u/b": "1\n2\n" });
  }
});

test("a crash of the machine may leave more of a file than the intents that lasted tell: it is undone, or kept as lines", (context) => {
  const crash = (text: string) => {
    const trial = tryWriter(context);
    trial.append(OLD);
    const lasted = trial.intentOf({ a: "2\n", "new/c": "2\n" });
    trial.write({ a: "2\n", "new/c": "2\n" });
    // The first one undoes it, too: it need not be synced.
    assert.equal((trial.prepare({ a: text, "new/c": text }) as { isFirst: boolean }).isFirst, false);
    trial.write({ a: text, "new/c": text });
    trial.restart();
    return { trial, lasted };
  };
  const undone = crash("3\n");
  assert.deepEqual(undone.trial.writer.recover([undone.lasted], "undo"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(undone.trial.files(), OLD);
  const kept = crash("3\nhalf");
  assert.deepEqual(kept.trial.writer.recover([kept.lasted], "keep").meddling, NOTHING);
  assert.deepEqual(kept.trial.files(), { ...OLD, a: "1\n2\n3\n", "new/c": "2\n3\n" });
});
