import nodeFileSystem from "node:fs";
import { relative } from "node:path";
import type { FileSystem } from "../../src/plugin.ts";

/** What changes the disk, or makes a change last; and opening, which can fail for many reasons. */
const NAMES = [
  "openSync",
  "writeSync",
  "writevSync",
  "writeFileSync",
  "ftruncateSync",
  "mkdirSync",
  "renameSync",
  "linkSync",
  "unlinkSync",
  "rmSync",
  "rmdirSync",
  "fdatasyncSync",
  "fsyncSync",
  "fdatasync",
  "fsync",
  "write",
  "writev",
] as const;

export type OperationName = (typeof NAMES)[number] | "syncFileSystem";

/** One call that changes the disk. */
export interface Operation {
  readonly name: OperationName;
  /** As it was called, without a callback. */
  readonly given: readonly unknown[];
  /** Does it, perhaps with other words, and says what came of it. @throws what the disk says */
  readonly run: (given?: readonly unknown[]) => unknown;
}

type AnyFunction = (...given: unknown[]) => unknown;

/**
 * `node:fs`, in which each call that changes the disk passes through a function. The calls with a callback are made there and
 * then: their callback is called a turn later. `syncsAll`: it can sync all at once, which costs no time.
 */
export function interceptDisk(around: (operation: Operation) => unknown, syncsAll = false): FileSystem {
  const real = nodeFileSystem as unknown as Record<string, AnyFunction>;
  const wrap = (name: OperationName): AnyFunction => {
    if (name.endsWith("Sync")) {
      return (...given) => around({ name, given, run: (other = given) => real[name](...other) });
    }
    return (...all) => {
      const given = all.slice(0, -1);
      const done = all.at(-1) as AnyFunction;
      const settle = () => {
        try {
          return [null, around({ name, given, run: (other = given) => real[`${name}Sync`](...other) })];
        } catch (error) {
          return [error];
        }
      };
      setImmediate(() => done(...settle()));
    };
  };
  const wrapped = Object.fromEntries(NAMES.map((name) => [name, wrap(name)]));
  const syncFileSystem = async (path: string) => around({ name: "syncFileSystem", given: [path], run: () => true });
  return { ...nodeFileSystem, ...wrapped, ...(syncsAll && { syncFileSystem }) } as FileSystem;
}

/** What an operation is done to, in words, as seen from a folder. */
export function placeOf({ given: [file] }: Operation, folder: string): string {
  if (typeof file !== "number") return relative(folder, nameBehindDescriptors(String(file)));
  return relative(folder, nodeFileSystem.readlinkSync(`/proc/self/fd/${file}`));
}

/** `/proc/self/fd/12/name` is an entry of an open folder. */
export function nameBehindDescriptors(path: string): string {
  const [, descriptor, rest] = /^\/proc\/self\/fd\/(\d+)(\/.*)?$/s.exec(path) ?? [];
  if (descriptor === undefined) return path;
  return nodeFileSystem.readlinkSync(`/proc/self/fd/${descriptor}`) + (rest ?? "");
}

const { O_WRONLY, O_RDWR, O_CREAT } = nodeFileSystem.constants;

/** Whether an `openSync` can change anything. */
export function opensForWriting({ name, given: [, flags] }: Operation): boolean {
  if (name !== "openSync") return false;
  if (typeof flags === "number") return (flags & (O_WRONLY | O_RDWR | O_CREAT)) !== 0;
  return typeof flags === "string" && flags !== "r";
}
