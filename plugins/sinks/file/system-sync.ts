import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { platform } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** A `sync` without `-f` says how it is used. */
const UNKNOWN_OPTION = /option|usage/i;

/**
 * What syncs the whole file system that a path is on, by the system's `sync -f`: Node.js has no `syncfs`. It gives false
 * where there is no such command. Undefined where it would not do: for a file system that is not the system's own.
 */
export function systemSync(fileSystemModule: string): ((path: string) => Promise<boolean>) | undefined {
  if (fileSystemModule !== "node:fs" || platform() !== "linux") return undefined;
  let isThere = true;
  return async (path) => {
    // Of a folder that was moved away, the one above it is most likely on the same file system.
    let found = path;
    while (!existsSync(found)) found = dirname(found);
    try {
      if (isThere) await promisify(execFile)("sync", ["-f", found], { env: { LC_ALL: "C" } });
    } catch (error) {
      const { code, stderr } = error as { code?: string | number; stderr?: string };
      if (code !== "ENOENT" && !UNKNOWN_OPTION.test(stderr ?? "")) {
        throw new Error(`cannot sync ${found}: ${stderr?.trim()}`);
      }
      isThere = false;
    }
    return isThere;
  };
}
