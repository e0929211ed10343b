/** What the process ends with. */
export const EXIT = {
  DONE: 0,
  FAILED: 1,
  USAGE: 2,
  /** EX_CONFIG of sysexits.h. */
  CONFIG: 78,
} as const;

/** Words on the command line that make no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
