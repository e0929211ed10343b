import nodeFileSystem from "node:fs";
import type { TestContext } from "node:test";
import { Writer } from "../../plugins/sinks/file/writer.ts";
import type { FileSystem } from "../../src/plugin.ts";
import { filesIn } from "./file-sinks.ts";
import { temporaryFolder } from "./folders.ts";

/** What stands in the place of the file system's own functions. */
export type Faults = { -readonly [Name in keyof FileSystem]?: FileSystem[Name] };

/** What a disk throws. */
export function failure(code: string): Error {
  return Object.assign(new Error(`${code}: the disk said so, write`), { code });
}

/** A writer of files in a folder of its own, on the real file system but for what `faults` holds at the time. */
export function tryWriter(context: TestContext, { maxOpenFiles = 100, faults = {} as Faults } = {}) {
  const base = temporaryFolder(context);
  const clock = { now: 0 };
  const fileSystem = new Proxy(nodeFileSystem as FileSystem, {
    get: (real, name: keyof FileSystem) => faults[name] ?? real[name],
  });
  const settings = { base, maxOpenFiles, fileMode: 0o640, folderMode: 0o750, now: () => clock.now };
  const writer = new Writer(fileSystem, settings);
  context.after(() => writer.close());
  return {
    base,
    faults,
    clock,
    /** Adds a text to each file. */
    append(texts: Readonly<Record<string, string>>) {
      const lengths = Object.values(texts).map((text) => Buffer.byteLength(text));
      return writer.append({ paths: Object.keys(texts), lengths }, Buffer.from(Object.values(texts).join("")));
    },
    files: () => filesIn(base),
  };
}

/** What a batch comes to that went well. */
export const NOTHING_REFUSED = { refused: [], doubled: [] };

/** A write that does `instead` for the writes that it is given, and the real thing where that gives undefined. */
export function writeBut(instead: (number: number, at: number, length: number) => number | undefined) {
  let number = 0;
  return ((file: number, bytes: Uint8Array, at: number, length: number) => {
    const most = instead(++number, at, length) ?? length;
    return nodeFileSystem.writeSync(file, bytes, at, most);
  }) as FileSystem["writeSync"];
}
