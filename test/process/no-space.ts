/**
 * A file system module: `node:fs`, but while the file exists that its address names (`no-space.ts?while=/tmp/x/full`), the disk
 * takes the first half of what is written and then has no room.
 */
import nodeFileSystem from "node:fs";

const flag = new URL(import.meta.url).searchParams.get("while") as string;
let isHalf = false;

export default {
  ...nodeFileSystem,
  writeSync: (file: number, bytes: Uint8Array, at = 0, length = bytes.length - at) => {
    if (!nodeFileSystem.existsSync(flag)) return nodeFileSystem.writeSync(file, bytes, at, length);
    isHalf = !isHalf;
    if (isHalf) return nodeFileSystem.writeSync(file, bytes, at, length >> 1);
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  },
};
