/**
 * A file system module that fails where it was told to: `faulty-file-system.ts?of=NAME`, in every thread. Operations that change
 * the disk are counted over all threads; those from the n-th on fail, so many of them, or the process dies there.
 */
import { getEnvironmentData } from "node:worker_threads";
import { interceptDisk, type Operation, opensForWriting, placeOf } from "./disk-operations.ts";
import { type FaultPlan, Faults } from "./faults.ts";

const name = new URL(import.meta.url).searchParams.get("of") as string;
const faults = new Faults(getEnvironmentData(name) as SharedArrayBuffer);
const { folder, fault, syncsAll } = faults.plan;

export default interceptDisk((operation) => {
  if (!canFail(operation)) return operation.run();
  if (!faults.strikes(() => `${operation.name} ${placeOf(operation, folder)}`)) return operation.run();
  return strike(operation, fault);
}, syncsAll);

/** A disk that is full still opens and removes; and only writes can be short. */
function canFail(operation: Operation): boolean {
  const { name } = operation;
  const writes = name.startsWith("write");
  if (fault === "short write") return writes;
  if (name === "openSync" && !opensForWriting(operation)) return false;
  return fault !== "ENOSPC" || writes || name === "mkdirSync" || name === "openSync" || name === "renameSync";
}

function strike(operation: Operation, fault: FaultPlan["fault"]): unknown {
  if (fault === "short write") return doHalf(operation) ?? operation.run();
  if (fault === "death" || fault === "ENOSPC") doHalf(operation);
  if (fault === "death") process.kill(process.pid, "SIGKILL");
  const text = `${fault}: the disk was told to fail, ${operation.name}`;
  throw Object.assign(new Error(text), { code: fault });
}

/** Writes the first half of what is to be written. @returns how much that is; undefined where nothing is to be written */
function doHalf({ name, given, run }: Operation): number | undefined {
  const [file, bytes] = given;
  if (name === "writevSync" || name === "writev") {
    const [first] = bytes as Uint8Array[];
    return run([file, [first.subarray(0, (first.length + 1) >> 1)], ...given.slice(2)]) as number;
  }
  if ((name !== "writeSync" && name !== "write") || !(bytes instanceof Uint8Array)) return undefined;
  const [, , start = 0, length = bytes.length - Number(start), position = null] = given as [never, never, ...number[]];
  return run([file, bytes, start, (length + 1) >> 1, position]) as number;
}
