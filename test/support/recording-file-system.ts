/**
 * A file system module that records what is done to the disk, in every thread, for {@link PowerCut}:
 * `recording-file-system.ts?of=NAME`. At the n-th change the process kills itself. Nothing is synced in truth: what is made to
 * last is what the record says.
 */
import nodeFileSystem from "node:fs";
import { basename, dirname, join } from "node:path";
import { getEnvironmentData } from "node:worker_threads";
import type { DiskChange, Place } from "./disk-change.ts";
import { interceptDisk, nameBehindDescriptors, type Operation, opensForWriting } from "./disk-operations.ts";
import type { SharedRecording } from "./recordings.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";
const LOCK = 0;
const COUNT = 1;

const recording = getEnvironmentData(new URL(import.meta.url).searchParams.get("of") as string) as SharedRecording;
const { boot, record, nameless = "", dieAt, syncsAll } = recording;
const shared = new Int32Array(recording.shared);
const log = record === undefined ? undefined : nodeFileSystem.openSync(record, "a");

export default {
  ...(log === undefined ? nodeFileSystem : interceptDisk((operation) => alone(() => recorded(operation)), syncsAll)),
  readFileSync: ((path: string, options: never) =>
    path === BOOT_ID ? `${boot}\n` : nodeFileSystem.readFileSync(path, options)) as typeof nodeFileSystem.readFileSync,
};

/** A change and its record are one: no other thread comes between. */
function alone<Result>(act: () => Result): Result {
  while (Atomics.compareExchange(shared, LOCK, 0, 1) !== 0) Atomics.wait(shared, LOCK, 1);
  try {
    return act();
  } finally {
    Atomics.store(shared, LOCK, 0);
    Atomics.notify(shared, LOCK, 1);
  }
}

function recorded(operation: Operation): unknown {
  const { name, given, run } = operation;
  const [target] = given as [string | number];
  if (name === "openSync" && !opensForWriting(operation)) return run();
  if (++shared[COUNT] === dieAt) process.kill(process.pid, "SIGKILL");
  switch (name) {
    case "openSync": {
      const known = inodeOf(target as string);
      const before = known === undefined ? 0 : nodeFileSystem.statSync(target as string).size;
      const descriptor = run() as number;
      const { ino, size } = nodeFileSystem.fstatSync(descriptor);
      if (known === undefined) tell({ kind: "birth", at: placeOf(target as string), inode: ino, isFolder: false });
      else if (size < before) tell({ kind: "truncation", inode: ino, length: size });
      return descriptor;
    }
    case "mkdirSync":
      return makeFolders(operation);
    case "writeSync":
    case "writevSync":
    case "write":
    case "writev": {
      const written = run() as number;
      tellWrite(target as number, positionOf(operation) ?? positionBehind(target as number) - written, written);
      return written;
    }
    case "ftruncateSync": {
      run();
      const { ino, size } = nodeFileSystem.fstatSync(target as number);
      return tell({ kind: "truncation", inode: ino, length: size });
    }
    case "renameSync": {
      const [from, to] = given as [string, string];
      const inode = inodeOf(from) as number;
      remember(to);
      run();
      return tell({ kind: "rename", from: placeOf(from), to: placeOf(to), inode });
    }
    case "rmSync":
    case "unlinkSync":
    case "rmdirSync": {
      const inode = inodeOf(target as string);
      remember(target as string);
      const at = inode === undefined ? undefined : placeOf(target as string);
      run();
      if (inode !== undefined && at) tell({ kind: "removal", at, inode });
      return undefined;
    }
    case "fdatasync":
    case "fsync":
    case "fdatasyncSync":
    case "fsyncSync":
      return tell({ kind: "sync", inode: nodeFileSystem.fstatSync(target as number).ino });
    case "syncFileSystem":
      tell({ kind: "sync of all" });
      return true;
    default:
      throw new Error(`${name} is not recorded yet`);
  }
}

function makeFolders({ given, run }: Operation): unknown {
  const path = nameBehindDescriptors(String(given[0]));
  const missing: string[] = [];
  for (let folder = path; inodeOf(folder) === undefined; folder = dirname(folder)) missing.unshift(folder);
  const made = run();
  for (const folder of missing) {
    tell({ kind: "birth", at: placeOf(folder), inode: inodeOf(folder) as number, isFolder: true });
  }
  return made;
}

/** Where a write was told to go; undefined where it went to where the descriptor stood. */
function positionOf({ name, given }: Operation): number | undefined {
  const position = given[name.startsWith("writev") ? 2 : 4];
  return typeof position === "number" ? position : undefined;
}

function positionBehind(file: number): number {
  const [, position] = /^pos:\s*(\d+)/m.exec(nodeFileSystem.readFileSync(`/proc/self/fdinfo/${file}`, "latin1")) ?? [];
  return Number(position);
}

function tellWrite(file: number, offset: number, length: number): void {
  const bytes = Buffer.alloc(length);
  const again = nodeFileSystem.openSync(`/proc/self/fd/${file}`, "r");
  nodeFileSystem.readSync(again, bytes, 0, length, offset);
  nodeFileSystem.closeSync(again);
  tell({ kind: "write", inode: nodeFileSystem.fstatSync(file).ino, offset, base64: bytes.toString("base64") });
}

/** A file that is about to lose its name is kept: a power cut may give it back. */
function remember(path: string): void {
  const inode = inodeOf(path);
  if (inode === undefined || nodeFileSystem.lstatSync(path).isDirectory()) return;
  nodeFileSystem.linkSync(path, join(nameless, String(inode)));
}

function inodeOf(path: string): number | undefined {
  return nodeFileSystem.lstatSync(path, { throwIfNoEntry: false })?.ino;
}

function placeOf(path: string): Place {
  const real = nameBehindDescriptors(path);
  return { folder: nodeFileSystem.statSync(dirname(real)).ino, name: basename(real) };
}

function tell(change: DiskChange): undefined {
  nodeFileSystem.writeSync(log as number, `${JSON.stringify(change)}\n`);
}
