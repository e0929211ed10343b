/**
 * The process dies at each operation of a small job that changes the disk, once while it works and once more while it recovers;
 * what was written halfway stays so. In the end each line is there once.
 */
import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import { temporaryFolder } from "../support/folders.ts";
import { SeededRandom } from "../support/random.ts";
import { type Shape, SmallJob } from "../support/small-job.ts";
import { sweep } from "../support/sweep.ts";

const surviveDeaths = (t: TestContext, shape: Shape): Promise<void> =>
  sweep(t, async (from, seed) => {
    const folder = temporaryFolder(t);
    const job = new SmallJob(folder, shape);
    const told: string[] = [];
    const again = 1 + new SeededRandom(seed + from).below(60);
    const hasDied = await job.die({ folder, fault: "death", from });
    told.push(job.told);
    await job.die({ folder, fault: "death", from: again });
    told.push(job.told);
    const failure = await job.live();
    const when = `died at operation ${from}, then at ${again}\n${told.join("\n")}`;
    assert.equal(failure, undefined, when);
    job.check(when);
    return hasDied;
  });

it("the process may die at each operation on the disk, and nothing is lost or doubled", (t) =>
  surviveDeaths(t, "plain"));

it("nor is it where the sink has a buffer", (t) => surviveDeaths(t, "with a buffer"));
