import type { FileSystem } from "../store/file-system.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/**
 * Names the machine's present run: what was written and not synced is still there while it is the same. Undefined where
 * the system does not say.
 */
export function readBootId(fileSystem: FileSystem): string | undefined {
  try {
    return fileSystem.readFileSync(BOOT_ID, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
