import type { LogFile } from "./log-file.ts";

/**
 * Whose turn it is to be read. What files held when they were found is read one file after the other, oldest first, so that
 * events keep their order over a rotation; the others have turns of a block each, those that bring something more often.
 */
export class Turns {
  readonly #files = new Set<LogFile>();
  readonly #active = new Set<LogFile>();
  readonly #behind: LogFile[] = [];

  get files(): ReadonlySet<LogFile> {
    return this.#files;
  }

  add(file: LogFile): void {
    this.#files.add(file);
    this.wait(file);
  }

  /** It goes on where all that wait already have caught up. */
  wait(file: LogFile): void {
    if (file.isBehind) this.#behind.push(file);
  }

  drop(file: LogFile): void {
    this.#files.delete(file);
    this.#active.delete(file);
  }

  /** It brought something, and may have more. */
  goOn(file: LogFile): void {
    this.#active.add(file);
  }

  pause(file: LogFile): void {
    this.#active.delete(file);
  }

  /** The files of a round; with `all`, those that brought nothing last time, too. */
  *round(all: boolean): Generator<LogFile> {
    for (const file of [...(all ? this.#files : this.#active)]) {
      if (this.#files.has(file) && !file.isBehind) yield file;
    }
    for (let file = this.#firstBehind(); file; ) {
      yield file;
      const next = this.#firstBehind();
      if (next === file) return;
      file = next;
    }
  }

  #firstBehind(): LogFile | undefined {
    while (this.#behind[0] && !(this.#files.has(this.#behind[0]) && this.#behind[0].isBehind)) this.#behind.shift();
    return this.#behind[0];
  }
}
