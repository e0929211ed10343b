/**
 * A file system module for the thread of a file sink: `node:fs`, but while the file exists that its address names
 * (`full-disk.ts?while=/tmp/x/full`), every second write fails for want of room.
 */
import nodeFileSystem from "node:fs";

const flag = new URL(import.meta.url).searchParams.get("while") as string;
let writes = 0;

export default {
  ...nodeFileSystem,
  writeSync: (file: number, bytes: Uint8Array, at: number, length: number) => {
    if (nodeFileSystem.existsSync(flag) && ++writes % 2 === 0) {
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    }
    return nodeFileSystem.writeSync(file, bytes, at, length);
  },
};
