/**
 * Each operation of a small job that changes the disk fails, one at a time, in each way that disks fail. Whatever it was, the
 * pipeline goes on by itself or says why it cannot; and in the end each line is there once.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type FaultPlan, Faults } from "../support/faults.ts";
import { SmallJob } from "../support/small-job.ts";

/** Most of a life is waiting. */
const AT_ONCE = 3;
const SHOWN = 3000;

/** Two lives on a disk that fails, and one on a sound one. @returns how many operations the first two were */
async function surviveFault(plan: Omit<FaultPlan, "folder">): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  try {
    const job = new SmallJob(folder);
    const { faults, module } = Faults.make({ folder, ...plan });
    const told: string[] = [];
    for (let life = 1; life <= 3; life++) {
      const failure = await job.live(life < 3 ? module : undefined);
      told.push(`life ${life}${failure ? ` failed: ${failure.message}` : ""}\n${job.told}`);
      if (life === 3) assert.equal(failure, undefined, `${plan.fault} at ${faults.struck}\n${told.join("\n")}`);
    }
    job.check(`${plan.fault} at ${faults.struck}\n${told.join("\n")}`);
    return faults.count;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("each operation on the disk may fail, and nothing is lost or doubled:", () => {
  for (const fault of ["EIO", "ENOSPC", "short write"] as const) {
    it(fault, async (t) => {
      const failed: string[] = [];
      let most = await surviveFault({ fault, from: 0 });
      let next = 1;
      const sweep = async () => {
        while (next <= most) {
          const from = next++;
          try {
            most = Math.max(most, await surviveFault({ fault, from }));
          } catch (error) {
            failed.push((error as Error).message.slice(0, SHOWN));
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, sweep));
      t.diagnostic(`${most} operations`);
      assert.equal(failed.length, 0, `${failed.length} of ${most} operations:\n\n${failed.join("\n\n")}`);
    });
  }
});
