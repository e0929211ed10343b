import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Tail } from "tail";

const LOOK_EVERY_MS = 1000;
const LINES_AT_FIRST = 10;

/** A year and a month, and what follows of a time: `2026-03-04`, `202603`, `2026-03-04T09`. */
const TIME = /(?<!\d)(?:19|20)\d{2}[-_.]?(?:0[1-9]|1[0-2])(?:[-_.T]?\d{2})*(?!\d)/g;

/**
 * Follows the newest of the files below a folder whose paths differ in their times alone: where a file a day is written, the
 * next day's takes over. The last lines of what is there are shown at first; a file that appears later is shown whole.
 */
export class FollowedFolder {
  readonly #folder: string;
  readonly #onLine: (line: string) => void;
  readonly #tails = new Map<string, { readonly identity: string; readonly tail: Tail }>();
  readonly #unreadable = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isFirst = true;

  constructor(folder: string, onLine: (line: string) => void) {
    this.#folder = folder;
    this.#onLine = onLine;
  }

  start(): void {
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { tail } of this.#tails.values()) tail.unwatch();
    this.#tails.clear();
  }

  #look(): void {
    for (const [series, file] of newestFiles(this.#folder)) {
      const known = this.#tails.get(series);
      if (known?.identity === file.identity) continue;
      // What the old file got last is read before the new one begins.
      if (known) setTimeout(() => known.tail.unwatch(), LOOK_EVERY_MS).unref();
      this.#follow(series, file);
    }
    this.#isFirst = false;
  }

  #follow(series: string, { path, identity }: NewestFile): void {
    try {
      const tail = new Tail(path, this.#isFirst ? { nLines: LINES_AT_FIRST } : { fromBeginning: true });
      this.#tails.set(series, { identity, tail });
      tail.on("line", (line: string) => {
        if (line !== "") this.#onLine(line);
      });
      tail.on("error", (error: unknown) => {
        if (!existsSync(path)) this.#forget(series, tail);
        else this.#complain(path, error);
      });
    } catch (error) {
      this.#complain(path, error);
    }
  }

  /** A file that was removed is nothing to tell; one that comes back is followed. */
  #forget(series: string, tail: Tail): void {
    tail.unwatch();
    if (this.#tails.get(series)?.tail === tail) this.#tails.delete(series);
  }

  #complain(path: string, error: unknown): void {
    if (this.#unreadable.has(path) || !existsSync(path)) return;
    this.#unreadable.add(path);
    process.stderr.write(`${path}: ${String(error)}\n`);
  }
}

interface NewestFile {
  readonly path: string;
  /** Another one where a file was removed and made again. */
  readonly identity: string;
  readonly modified: number;
}

/** The file that was written last, of those whose paths differ in their times alone. */
function newestFiles(folder: string): Map<string, NewestFile> {
  const newest = new Map<string, NewestFile>();
  for (const entry of filesBelow(folder)) {
    // No user's file begins with a dot: it is the lock of the folder, or the word of who has it.
    if (!entry.isFile() || entry.name.startsWith(".")) continue;
    const path = join(entry.parentPath, entry.name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) continue;
    const { mtimeMs: modified, birthtimeMs, ino } = found;
    const series = path.replaceAll(TIME, "%");
    const known = newest.get(series);
    if (!known || known.modified <= modified)
      newest.set(series, { path, identity: `${path}:${ino}:${birthtimeMs}`, modified });
  }
  return newest;
}

/** Nothing where a folder goes away while it is read: the next look finds what is there then. */
function filesBelow(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
}
