/** The real file system, which fails to sync buffers of sinks as often as it was told. */
import fileSystem from "node:fs";
import type { FileSystem } from "../../src/store/file-system.ts";

/** Which syncs of a buffer fail: the number of each, from 1. */
export const failing = { at: new Set<number>(), syncs: 0 };

const fdatasync = ((file: number, done: (error: Error | null) => void) => {
  const isBuffers = fileSystem.readlinkSync(`/proc/self/fd/${file}`).includes("/buffers/");
  if (isBuffers && failing.at.has(++failing.syncs)) {
    setImmediate(() =>
      done(Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO", syscall: "fdatasync" })),
    );
  } else fileSystem.fdatasync(file, done);
}) as FileSystem["fdatasync"];

export default { ...fileSystem, fdatasync } satisfies FileSystem;
