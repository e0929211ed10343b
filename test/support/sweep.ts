import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { someSeed } from "./seed.ts";

/** Most of a try is waiting. */
const AT_ONCE = 2;
const SHOWN = 4000;
/** More tell nothing new. */
const ENOUGH = 10;
/** A run tries each fifth thing, beginning where its seed says, so that runs with several seeds try all of them. */
const EVERY = 5;

/**
 * Tries the 1st, 2nd, 3rd … thing, until one says that there is no such thing any more: of each few one, in steps of the
 * variable EVERY, or the one that AT names.
 * @throws when some of them failed, with what each of them says
 */
export async function sweep(t: TestContext, tryOne: (number: number, seed: number) => Promise<boolean>): Promise<void> {
  const seed = someSeed();
  const { EVERY: step = EVERY, AT: only } = process.env;
  const failed: string[] = [];
  let tried = 0;
  let next = only === undefined ? 1 + (seed % Number(step)) : Number(only);
  let isOver = false;
  const lane = async () => {
    while (!isOver && failed.length < ENOUGH) {
      const number = next;
      next += Number(step);
      tried++;
      try {
        isOver ||= !(await tryOne(number, seed)) || only !== undefined;
      } catch (error) {
        failed.push(`AT=${number}: ${(error as Error).message.slice(0, SHOWN)}`);
        // A sweep is long: what failed is told at once.
        process.stderr.write(`SEED=${seed} ${failed.at(-1)}\n`);
        isOver ||= only !== undefined;
      }
    }
  };
  await Promise.all(Array.from({ length: only === undefined ? AT_ONCE : 1 }, lane));
  t.diagnostic(`SEED=${seed}: ${tried} tried, up to ${next}`);
  assert.equal(failed.length, 0, `SEED=${seed}: ${failed.length} of ${tried} failed:\n\n${failed.join("\n\n")}`);
}
