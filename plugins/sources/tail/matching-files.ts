import type { Stats } from "node:fs";
import { glob } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { SourceContext } from "../../../src/plugin.ts";
import { identityOf, keyOf } from "./file-identity.ts";
import type { Unreadable } from "./unreadable.ts";

/** A file as a look at the globs found it. */
export interface FoundFile {
  /** As the globs name it. */
  readonly path: string;
  /** See {@link keyOf}. */
  readonly key: string;
  readonly stats: Stats;
}

/** So many names are looked at before others have the processor. */
const NAMES_IN_A_BREATH = 256;
const WILDCARD = /[*?[\]{}!()]/;

/** The files that the globs name now, oldest first, each once: by what the file system knows it by. */
export async function matchFiles(
  patterns: readonly string[],
  { baseDir, fileSystem }: Pick<SourceContext, "baseDir" | "fileSystem">,
  unreadable: Unreadable,
): Promise<Map<string, FoundFile>> {
  const found = new Map<string, FoundFile>();
  let names = 0;
  for (const pattern of patterns) {
    checkFolder(resolve(baseDir, folderOf(pattern)), fileSystem, unreadable);
    // The folder is no part of the pattern: its name may hold what would be a wildcard.
    for await (const name of glob(pattern, { cwd: baseDir })) {
      if (++names % NAMES_IN_A_BREATH === 0) await nextTurn();
      const path = resolve(baseDir, name);
      try {
        const stats = fileSystem.statSync(path);
        const key = keyOf(identityOf(stats));
        if (stats.isFile()) found.set(key, { path, key, stats });
      } catch (error) {
        unreadable.failed(path, error);
      }
    }
  }
  return new Map([...found].sort(([, one], [, other]) => byAge(one, other)));
}

/** Those that were written to longest ago come first. */
export const byAge = (one: FoundFile, other: FoundFile): number =>
  one.stats.mtimeMs - other.stats.mtimeMs ||
  one.stats.birthtimeMs - other.stats.birthtimeMs ||
  (one.path < other.path ? -1 : 1);

/** The folder that a pattern's files lie in, or below. */
function folderOf(pattern: string): string {
  let folder = dirname(pattern);
  while (WILDCARD.test(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

/** A glob passes over a folder that it cannot read, and says nothing. */
function checkFolder(folder: string, fileSystem: SourceContext["fileSystem"], unreadable: Unreadable): void {
  try {
    fileSystem.closeSync(fileSystem.openSync(folder, "r"));
    unreadable.recovered(folder);
  } catch (error) {
    unreadable.failed(folder, error);
  }
}
