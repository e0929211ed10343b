import { join } from "node:path";
import type { FileSystem } from "./file-system.ts";
import { describeOwner } from "./lock-owner.ts";

/** The file in a folder that is locked. */
export const LOCK_NAME = ".sluice.lock";

/** A folder that cannot be had; the message says why, and what to do. */
export class LockError extends Error {
  override readonly name = "LockError";
}

/** SQLite's code where another connection, of this process or of another, has the lock. */
const BUSY = 5;
/** Its code where a call of the system failed. */
const IO_ERROR = 10;
/** Its code where the file holds something else. */
const NO_DATABASE = 26;

const REMEDIES: Readonly<Record<number, string>> = {
  [IO_ERROR]: "the file system seems to know no locks: use a folder on another one",
  [NO_DATABASE]: "move it away",
};

/** The system's codes where a file stands in the place of a folder. */
const NO_FOLDER: ReadonlySet<string | undefined> = new Set(["ENOTDIR", "EEXIST"]);

/** Says why a folder's lock could not be taken. */
export function refusalOf(error: unknown, fileSystem: FileSystem, folder: string): LockError {
  if (error instanceof LockError) return error;
  const { code, errcode, message } = error as NodeJS.ErrnoException & { readonly errcode?: number };
  const kind = errcode === undefined ? undefined : errcode & 0xff;
  if (kind === BUSY) {
    return new LockError(
      `${folder} belongs to a pipeline that is running: ${describeOwner(fileSystem, folder)}. ` +
        "Stop that one first, or give this one another folder",
    );
  }
  const reason = kind === undefined ? (code ?? message) : message;
  const usual = NO_FOLDER.has(code)
    ? "a file is in the place of a folder: move it away, or name another folder"
    : "the process must be allowed to make and to write files there";
  const remedy = REMEDIES[kind ?? -1] ?? usual;
  return new LockError(`cannot lock ${join(folder, LOCK_NAME)} (${reason}): ${remedy}`, { cause: error });
}
