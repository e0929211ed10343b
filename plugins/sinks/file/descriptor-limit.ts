import type { FileSystem } from "../../../src/plugin.ts";

const UNKNOWN = 2 ** 31 - 1;
const LIMITS = "/proc/self/limits";

/** How many files the system lets this process have open, or 2^31 - 1 where it does not tell. */
export function descriptorLimit(fileSystem: FileSystem): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(fileSystem.readFileSync(LIMITS, "utf8"))?.[1];
    return soft === undefined ? UNKNOWN : Math.min(Number(soft), UNKNOWN);
  } catch {
    return UNKNOWN;
  }
}
