import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Tail } from "tail";

const LOOK_EVERY_MS = 1000;
const LINES_AT_FIRST = 10;

/**
 * Follows the newest file in each folder below one: where a file a day is written, the next day's takes over. The last
 * lines of what is there are shown at first; a file that appears later is shown whole.
 */
export class FollowedFolder {
  readonly #folder: string;
  readonly #onLine: (line: string) => void;
  readonly #tails = new Map<string, { readonly path: string; readonly tail: Tail }>();
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
    for (const [folder, path] of newestFiles(this.#folder)) {
      const known = this.#tails.get(folder);
      if (known?.path === path) continue;
      // What the old file got last is read before the new one begins.
      if (known) setTimeout(() => known.tail.unwatch(), LOOK_EVERY_MS).unref();
      this.#tails.set(folder, { path, tail: this.#follow(path) });
    }
    this.#isFirst = false;
  }

  #follow(path: string): Tail {
    const tail = new Tail(path, this.#isFirst ? { nLines: LINES_AT_FIRST } : { fromBeginning: true });
    tail.on("line", (line: string) => {
      if (line !== "") this.#onLine(line);
    });
    tail.on("error", (error: unknown) => void process.stderr.write(`${path}: ${String(error)}\n`));
    return tail;
  }
}

/** The file of each folder that was written last. */
function newestFiles(folder: string): Map<string, string> {
  const newest = new Map<string, { path: string; modified: number }>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    // No user's file begins with a dot: it is the lock of the folder, or the word of who has it.
    if (!entry.isFile() || entry.name.startsWith(".")) continue;
    const path = join(entry.parentPath, entry.name);
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (modified === undefined) continue;
    const known = newest.get(dirname(path));
    if (!known || known.modified <= modified) newest.set(dirname(path), { path, modified });
  }
  return new Map([...newest].map(([name, { path }]) => [name, path]));
}
