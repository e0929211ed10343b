/**
 * Each operation of a small job that changes the disk fails, one at a time, in each way that disks fail. Whatever it was, the
 * pipeline goes on by itself or says why it cannot; and in the end each line is there once.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Faults } from "../support/faults.ts";
import { temporaryFolder } from "../support/folders.ts";
import { SmallJob } from "../support/small-job.ts";
import { sweep } from "../support/sweep.ts";

describe("each operation on the disk may fail, and nothing is lost or doubled:", () => {
  const trials = [
    { fault: "EIO", shape: "plain" },
    { fault: "EIO", shape: "with a buffer" },
    { fault: "EIO", shape: "with many files" },
    { fault: "ENOSPC", shape: "plain" },
    { fault: "ENOSPC", shape: "with a buffer" },
    { fault: "short write", shape: "plain" },
    { fault: "short write", shape: "with a buffer" },
  ] as const;
  for (const { fault, shape } of trials) {
    it(`${fault}, ${shape}`, (t) =>
      sweep(t, async (from) => {
        const folder = temporaryFolder(t);
        const job = new SmallJob(folder, shape);
        const { faults, module } = Faults.make({ folder, fault, from, syncsAll: shape === "with many files" });
        const told: string[] = [];
        for (const disk of [module, module, undefined]) {
          const failure = await job.live(disk);
          told.push(job.told, failure ? `it failed: ${failure.message}` : "");
          if (disk === undefined) assert.equal(failure, undefined, `${fault} at ${faults.struck}\n${told.join("\n")}`);
        }
        job.check(`${fault} at ${faults.struck}\n${told.join("\n")}`);
        return faults.struck !== undefined;
      }));
  }
});
