import type { Stats } from "node:fs";

/**
 * One file that will not do, for a reason that lies with its name or with what stands in its place. Its events are
 * rejected, and no other file waits for it. Any other error is the disk's, and is thrown as it is.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** What a name is told to be by the system that refuses it; trying again would not change it. */
const NAME_ERRORS = new Map([
  ["ELOOP", "it is a symbolic link"],
  ["ENOTDIR", "a file stands where a folder has to be"],
  ["EISDIR", "it is a folder"],
  ["ENXIO", "it is a named pipe, a socket or a device"],
  ["ENODEV", "it is a device"],
  ["ENAMETOOLONG", "its name is too long for this file system"],
  ["EINVAL", "this file system cannot have such a name"],
  ["EILSEQ", "this file system cannot have such a name"],
]);

/** The refusal that an error of opening amounts to, or undefined where it is the disk's. `found` is what has the name. */
export function refusalOf(
  error: unknown,
  path: string,
  wanted: "file" | "folder",
  found: Stats | undefined,
): Refusal | undefined {
  const isWanted = wanted === "file" ? found?.isFile() : found?.isDirectory();
  if (found !== undefined && !isWanted) return refuse(path, `it is ${kindOf(found)}`);
  const reason = NAME_ERRORS.get(codeOf(error) ?? "");
  return reason === undefined ? undefined : refuse(path, reason);
}

/** The refusal of a path. */
export function refuse(path: string, reason: string): Refusal {
  return new Refusal(`nothing is written to ${path}: ${reason}`);
}

/** What stands in a file's place, in words. */
export function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return "a symbolic link";
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return stats.isFile() ? "a file" : "a device";
}

/** The system's code of an error: `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** The disk's error, with what it kept us from; without the path that it was opened by, which tells nobody anything. */
export function describe(error: unknown, failure: string): Error {
  const { message } = error as Error;
  const code = codeOf(error);
  const text = `${failure}: ${message.replace(/, \w+(?: '.*')?$/su, "")}`;
  return Object.assign(new Error(text, { cause: error }), code === undefined ? {} : { code });
}
