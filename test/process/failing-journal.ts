/**
 * To be imported before the program: while the file exists that FAIL_WHILE names, what it holds (`write ENOSPC`, `sync EIO`)
 * is how a write or a sync of a journal's file fails.
 */
import fs from "node:fs";

const { fdatasync, writevSync } = fs;
const flag = process.env.FAIL_WHILE as string;

function failureOf(call: "write" | "sync", descriptor: number): Error | undefined {
  if (!fs.existsSync(flag) || !fs.readlinkSync(`/proc/self/fd/${descriptor}`).includes("/journal/")) return undefined;
  const [which, code] = fs.readFileSync(flag, "utf8").split(" ");
  return which === call ? Object.assign(new Error(`${code}: injected`), { code, syscall: call }) : undefined;
}

fs.writevSync = (descriptor, chunks, position) => {
  const failure = failureOf("write", descriptor);
  if (failure) throw failure;
  return writevSync(descriptor, chunks, position);
};
fs.fdatasync = ((descriptor: number, done: (error: Error | null) => void) => {
  const failure = failureOf("sync", descriptor);
  if (failure) setImmediate(done, failure);
  else fdatasync(descriptor, done);
}) as typeof fdatasync;
