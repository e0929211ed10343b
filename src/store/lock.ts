import { join } from "node:path";
import type * as sqlite from "node:sqlite";
import type { FileSystem } from "./file-system.ts";
import { forgetOwner, writeOwner } from "./lock-owner.ts";
import { LOCK_NAME, LockError, refusalOf } from "./lock-refusal.ts";

/**
 * The sole right to write below a folder, held from {@link Lock.take} to {@link Lock.release}. It is SQLite's lock of a
 * file, as Node has none of its own: the system takes it back when the process dies, however that happens. The file stays,
 * empty, and is no obstacle then.
 *
 * A process that opens and closes the locked file by other means loses the lock: nothing else may open it.
 */
export class Lock {
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #database: sqlite.DatabaseSync;

  private constructor(fileSystem: FileSystem, folder: string, database: sqlite.DatabaseSync) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#database = database;
  }

  /**
   * Takes the lock of a folder that is there, for the pipeline of this file.
   * @throws LockError where somebody has it, or where the file system cannot hold one
   */
  static take(fileSystem: FileSystem, folder: string, pipeline: string): Lock {
    const path = join(folder, LOCK_NAME);
    let database: sqlite.DatabaseSync | undefined;
    try {
      makeLockFile(fileSystem, path);
      database = new (loadSqlite().DatabaseSync)(path);
      // Its journal in memory, or there would be a second file beside it.
      database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (error) {
      database?.close();
      throw refusalOf(error, fileSystem, folder);
    }
    writeOwner(fileSystem, folder, pipeline);
    return new Lock(fileSystem, folder, database);
  }

  release(): void {
    forgetOwner(this.#fileSystem, this.#folder);
    this.#database.close();
  }
}

/** SQLite would make it for everyone to read, and follow a link that somebody planted. */
function makeLockFile(fileSystem: FileSystem, path: string): void {
  const found = fileSystem.lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) fileSystem.closeSync(fileSystem.openSync(path, "wx", 0o600));
  else if (!found.isFile()) throw new LockError(`${path} is no file: move it away`);
}

/** Node's SQLite, without the warning that it is new to Node, which is nothing that a user could act on. */
function loadSqlite(): typeof sqlite {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] !== "ExperimentalWarning") Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
