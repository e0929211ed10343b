import type * as nodeFileSystem from "node:fs";

/**
 * What touches the disk, in Node's own words. Everything that Sluice and its plugins write goes through
 * an object of this type, so that tests can make the n-th write, sync or rename fail. It is named by a
 * module ("node:fs" unless told otherwise), so that a worker thread can have the same one.
 */
export type FileSystem = Pick<
  typeof nodeFileSystem,
  | "closeSync"
  | "constants"
  | "existsSync"
  | "fdatasync"
  | "fdatasyncSync"
  | "fstatSync"
  | "fsync"
  | "fsyncSync"
  | "ftruncateSync"
  | "lstatSync"
  | "mkdirSync"
  | "openSync"
  | "read"
  | "readFileSync"
  | "readSync"
  | "readdirSync"
  | "realpathSync"
  | "renameSync"
  | "rmSync"
  | "statSync"
  | "unlinkSync"
  | "writeFileSync"
  | "writeSync"
  | "writevSync"
> & {
  /**
   * Makes all durable that was done before on the file system that a path is on; gives false where the system has no way to.
   * Node.js has no such call: who needs it finds another way where it is absent.
   */
  readonly syncFileSystem?: (path: string) => Promise<boolean>;
};

/** The module that {@link FileSystem} is, unless a program names another. */
export const FILE_SYSTEM_MODULE = "node:fs";

/** The file system that a module exports, by names or as its default. */
export async function loadFileSystem(module: string = FILE_SYSTEM_MODULE): Promise<FileSystem> {
  const loaded = (await import(module)) as { default?: FileSystem } & FileSystem;
  return loaded.default ?? loaded;
}
