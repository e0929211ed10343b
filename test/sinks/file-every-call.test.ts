/** The disk fails, or the process dies, at each call that a job makes. */
import assert from "node:assert/strict";
import nodeFileSystem from "node:fs";
import { test } from "node:test";
import { type Faults, failure, type Texts, tryWriter } from "../support/file-writers.ts";

const CALLS = [
  "openSync",
  "closeSync",
  "mkdirSync",
  "fstatSync",
  "readSync",
  "writeSync",
  "ftruncateSync",
  "unlinkSync",
  "realpathSync",
] as const;

const BATCHES: readonly Texts[] = [
  { "u0/0": "1\n" },
  { "u0/0": "2\n", "u1/1": "2\n", "u2/2": "2\n", "u0/3": "2\n" },
  { "u1/1": "3\n", "u0/0": "33 33\n", "u3/4": "3\n" },
];
const EXPECTED = { "u0/0": "1\n2\n33 33\n", "u0/3": "2\n", "u1/1": "2\n3\n", "u2/2": "2\n", "u3/4": "3\n" };

/** Fails the calls for which it is told to; a write is done by half first. */
function failCalls(faults: Faults, isFailing: () => boolean): void {
  for (const name of CALLS) {
    const real = nodeFileSystem[name] as (...given: unknown[]) => unknown;
    faults[name] = ((...given: unknown[]) => {
      const fails = isFailing();
      if (fails && name === "writeSync") real(...given.slice(0, 3), Number(given[3]) >> 1);
      // A file is closed even if closing it fails, as on Linux.
      const result = fails && name !== "closeSync" ? undefined : real(...given);
      if (fails) throw failure("EIO");
      return result;
    }) as never;
  }
}

const SWEEPS = (["once", "for a while", "and the process is gone"] as const).flatMap((ending) =>
  [false, true].map((isAhead) => ({
    ending,
    isAhead,
    how: isAhead ? ", each batch prepared behind the write before" : "",
  })),
);

for (const { ending, isAhead, how } of SWEEPS) {
  test(`a call to the file system fails ${ending}${how}: nothing is lost or doubled`, (context) => {
    let isReached = true;
    for (let failing = 1; isReached; failing++) {
      const trial = tryWriter(context, { maxOpenFiles: 2 });
      let calls = 0;
      let mended = false;
      isReached = false;
      failCalls(trial.faults, () => {
        calls++;
        isReached ||= calls === failing;
        if (mended) return false;
        return ending === "once" ? calls === failing : calls >= failing;
      });
      let ahead: unknown;
      const lookAhead = (batch: Texts | undefined) => {
        if (!isAhead || batch === undefined) return undefined;
        try {
          const prepared = trial.prepareAhead(batch);
          return "intent" in prepared ? prepared.intent : undefined;
        } catch {
          return undefined;
        }
      };
      for (const [number, batch] of BATCHES.entries()) {
        let intent: unknown;
        for (let isThere = false; !isThere; ) {
          try {
            intent = ahead;
            ahead = undefined;
            intent ??= trial.intentOf(batch);
            try {
              trial.write(batch);
              isThere = true;
            } finally {
              ahead = lookAhead(BATCHES[number + 1]);
            }
          } catch {
            ahead = undefined;
            // As the engine does: what a write has left is settled until that is known, and only then tried again.
            while (intent !== undefined) {
              if (ending === "and the process is gone") trial.restart();
              try {
                isThere = trial.writer.recover([intent], "settle").outcome === "adopted";
                break;
              } catch {
                mended = true;
              }
            }
            mended ||= ending !== "once";
          }
        }
      }
      delete trial.faults.closeSync;
      assert.deepEqual(trial.files(), EXPECTED, `call ${failing} failed`);
    }
  });
}

test("undoing survives a failure at each of its calls", (context) => {
  let isReached = true;
  for (let failing = 1; isReached; failing++) {
    const trial = tryWriter(context, { maxOpenFiles: 2 });
    const [first, ...rest] = BATCHES;
    trial.append(first as Texts);
    const intents = rest.map((batch) => {
      const intent = trial.intentOf(batch);
      trial.write(batch);
      return intent;
    });
    let calls = 0;
    isReached = false;
    failCalls(trial.faults, () => {
      calls++;
      isReached ||= calls === failing;
      return calls === failing;
    });
    for (let tries = 0; tries < 2; tries++) {
      trial.restart();
      try {
        trial.writer.recover(intents, "undo");
        break;
      } catch (error) {
        assert.match((error as Error).message, /EIO/);
      }
    }
    delete trial.faults.closeSync;
    assert.deepEqual(trial.files(), first, `call ${failing} failed`);
  }
});
