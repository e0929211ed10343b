/**
 * The power fails at each change that a small job makes to the disk, once while it works and once more while it recovers. Of
 * what was not synced, any mixture is left. In the end each line is there once, and every list that was answered 200.
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { temporaryFolder } from "../support/folders.ts";
import { PowerCut } from "../support/power-cut.ts";
import { SeededRandom } from "../support/random.ts";
import { recordingModule } from "../support/recordings.ts";
import { type Shape, SmallJob } from "../support/small-job.ts";
import { sweep } from "../support/sweep.ts";

/** @returns false where the first life got through before the power failed */
async function survivePowerCuts(t: TestContext, dieAt: number, seed: number, shape: Shape): Promise<boolean> {
  const parent = temporaryFolder(t);
  const folder = join(parent, "job");
  mkdirSync(folder);
  const job = new SmallJob(folder, shape);
  const syncsAll = shape === "with many files";
  const random = new SeededRandom(seed + dieAt);
  const told: string[] = [];
  let hasDied = false;
  for (const [cut, at] of [dieAt, 1 + random.below(60)].entries()) {
    const record = join(parent, `record-${cut}.ndjson`);
    const nameless = join(parent, `nameless-${cut}`);
    mkdirSync(nameless);
    const power = new PowerCut(folder, nameless, SmallJob.INPUT);
    const isDead = await job.die({ boot: `boot ${cut}`, record, nameless, dieAt: at, syncsAll });
    if (cut === 0) hasDied = isDead;
    const lost = power.cut(record, random);
    told.push(job.told, `lost: ${lost.join(", ")}`);
  }
  const failure = await job.live(recordingModule({ boot: "boot 2", syncsAll }));
  told.push(job.told);
  const when = `power cut before change ${dieAt}, seed ${seed}\n${told.join("\n")}`;
  assert.equal(failure, undefined, when);
  job.check(when);
  return hasDied;
}

const surviveAll = (t: TestContext, shape: Shape): Promise<void> =>
  sweep(t, (dieAt, seed) => survivePowerCuts(t, dieAt, seed, shape));

it("the power may fail at each change to the disk, and nothing is lost or doubled", (t) => surviveAll(t, "plain"));

it("nor is it where the sink has a buffer", (t) => surviveAll(t, "with a buffer"));

it("nor where it has so many files that all is synced at once", (t) => surviveAll(t, "with many files"));
