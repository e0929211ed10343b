/**
 * A file system module: `node:fs`, but while the file exists that its address names (`no-space.ts?while=/tmp/x/full`), the disk
 * takes the first half of what is written and then has no room.
 */
import nodeFileSystem from "node:fs";

const flag = new URL(import.meta.url).searchParams.get("while") as string;
let isHalf = false;

export default {
  ...nodeFileSystem,
  writevSync: (file: number, chunks: readonly Uint8Array[], position?: number) => {
    if (!nodeFileSystem.existsSync(flag)) return nodeFileSystem.writevSync(file, chunks, position);
    isHalf = !isHalf;
    if (isHalf) return nodeFileSystem.writeSync(file, chunks[0], 0, chunks[0].length >> 1, position);
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  },
};
