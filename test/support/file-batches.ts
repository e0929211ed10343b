import assert from "node:assert/strict";
import { failure, type Texts, type tryWriter, writeBut } from "./file-writers.ts";

/** What files hold before a batch, what it adds, and what they hold then. */
export const OLD = { a: "1\n", "u/b": "1\n" };
export const NEW = { a: "2 a\n", "u/b": "2 b\n", "new/c": "2 c\n", "new/deep/d": "2 d\n" };
export const BOTH = { a: "1\n2 a\n", "u/b": "1\n2 b\n", "new/c": "2 c\n", "new/deep/d": "2 d\n" };

/** Nobody meddled. */
export const NOTHING = { files: 0, first: [] };

/** Lets the process die at the n-th write, of which half is done. */
export function dieAt(trial: ReturnType<typeof tryWriter>, texts: Texts, number: number) {
  const intent = trial.intentOf(texts);
  trial.faults.writeSync = writeBut((write, _at, length) => {
    if (write === number && length > 1) return length >> 1;
    if (write >= number) throw failure("EIO");
    return undefined;
  });
  assert.throws(() => trial.write(texts));
  delete trial.faults.writeSync;
  trial.restart();
  return intent;
}
