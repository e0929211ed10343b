import nodeFileSystem from "node:fs";
import type { TestContext } from "node:test";
import { PathTeller } from "../../plugins/sinks/file/path-numbers.ts";
import { type Prepared, type RefusedFile, Writer } from "../../plugins/sinks/file/writer.ts";
import type { FileSystem } from "../../src/plugin.ts";
import { filesIn } from "./file-sinks.ts";
import { temporaryFolder } from "./folders.ts";

/** What stands in the place of the file system's own functions. */
export type Faults = { -readonly [Name in keyof FileSystem]?: FileSystem[Name] };

/** Texts to be added, by the paths of their files. */
export type Texts = Readonly<Record<string, string>>;

/** What a disk throws. */
export function failure(code: string): Error {
  return Object.assign(new Error(`${code}: the disk said so, write`), { code });
}

/** The real file system but for what `faults` holds at the time. */
export function faultyFileSystem(faults: Faults): FileSystem {
  return new Proxy(nodeFileSystem as FileSystem, { get: (real, name: keyof FileSystem) => faults[name] ?? real[name] });
}

interface TrialOptions {
  readonly maxOpenFiles?: number;
  readonly faults?: Faults;
  readonly syncFileSystem?: (path: string) => Promise<boolean>;
}

/** A writer of files in a folder of its own. */
export function tryWriter(
  context: TestContext,
  { maxOpenFiles = 100, faults = {} as Faults, syncFileSystem }: TrialOptions = {},
) {
  const base = temporaryFolder(context);
  const clock = { now: 0 };
  const settings = { base, maxOpenFiles, fileMode: 0o640, folderMode: 0o750, now: () => clock.now, syncFileSystem };
  const begin = () => new Writer(faultyFileSystem(faults), settings);
  let teller = new PathTeller();
  const trial = {
    base,
    faults,
    clock,
    writer: begin(),
    /** Another writer goes on, as after the end of a process. */
    restart: (): void => {
      trial.writer = begin();
      teller = new PathTeller();
    },
    /** Prepares texts by the paths of their files; a path may come again. */
    prepareAll: (texts: readonly (readonly [string, string])[], isAhead = false): Prepared => {
      const paths = teller.number(texts.map(([path]) => path));
      const lengths = texts.map(([, text]) => Buffer.byteLength(text));
      return trial.writer.prepare(paths, lengths, isAhead);
    },
    /** As where it was asked for while the batch before was written. */
    prepareAhead: (texts: Texts): Prepared => trial.prepareAll(Object.entries(texts), true),
    prepare: (texts: Texts): Prepared => trial.prepareAll(Object.entries(texts)),
    write: (texts: Texts): void => trial.writer.write(Buffer.from(Object.values(texts).join(""))),
    /** Prepares, and gives what is to be kept before anything is written. */
    intentOf: (texts: Texts) => {
      const prepared = trial.prepare(texts);
      if ("refused" in prepared) throw new Error(prepared.refused[0]?.reason);
      return prepared.intent;
    },
    /** Adds a text to each file as the engine would: what is refused is left out, what fails is settled and thrown. */
    append: (texts: Texts): readonly RefusedFile[] => {
      const prepared = trial.prepare(texts);
      if ("refused" in prepared) {
        const refused = new Set(prepared.refused.map(({ index }) => index));
        const rest = Object.entries(texts).filter((_, index) => !refused.has(index));
        return [...prepared.refused, ...trial.append(Object.fromEntries(rest))];
      }
      try {
        trial.write(texts);
      } catch (error) {
        if (trial.writer.recover([prepared.intent], "settle").outcome === "undone") throw error;
      }
      return [];
    },
    files: () => filesIn(base),
  };
  context.after(() => {
    try {
      trial.writer.close();
    } catch {
      // What failed is told once more: the test has seen to it.
    }
  });
  return trial;
}

/** A write that does `instead` for the writes that it is given, and the real thing where that gives undefined. */
export function writeBut(instead: (number: number, at: number, length: number) => number | undefined) {
  let number = 0;
  return ((file: number, bytes: Uint8Array, at: number, length: number) => {
    const most = instead(++number, at, length) ?? length;
    return nodeFileSystem.writeSync(file, bytes, at, most);
  }) as FileSystem["writeSync"];
}
