import { dirname } from "node:path";
import type { LogFile } from "./log-file.ts";

/**
 * Whose turn it is to be read: each file has turns of a block, those that bring something more often. What the files of one
 * folder held when they were found is read one after the other, oldest first, so that events keep their order over a
 * rotation; those of another folder do not wait for it.
 */
export class Turns {
  readonly #files = new Set<LogFile>();
  readonly #active = new Set<LogFile>();
  readonly #asleep = new Set<LogFile>();
  /** By folder, oldest first. */
  readonly #behind = new Map<string, LogFile[]>();

  get files(): ReadonlySet<LogFile> {
    return this.#files;
  }

  add(file: LogFile): void {
    this.#files.add(file);
    this.wait(file);
  }

  /** It goes on where all of its folder that wait already have caught up. */
  wait(file: LogFile): void {
    if (!file.isBehind) return;
    const folder = dirname(file.record.path);
    const waiting = this.#behind.get(folder);
    if (waiting) waiting.push(file);
    else this.#behind.set(folder, [file]);
  }

  drop(file: LogFile): void {
    this.#files.delete(file);
    this.#active.delete(file);
    this.#asleep.delete(file);
  }

  /** It brought something, and may have more. */
  goOn(file: LogFile): void {
    this.#active.add(file);
  }

  pause(file: LogFile): void {
    this.#active.delete(file);
  }

  /** It has no turns until it is woken. */
  sleep(file: LogFile): void {
    this.#asleep.add(file);
  }

  wake(file: LogFile): void {
    this.#asleep.delete(file);
  }

  /** The files of a round; with `all`, those that brought nothing last time, too. */
  *round(all: boolean): Generator<LogFile> {
    for (const file of all ? this.#awake() : [...this.#active]) {
      if (this.#files.has(file) && !file.isBehind) yield file;
    }
    for (const [folder, waiting] of [...this.#behind]) {
      let last: LogFile | undefined;
      for (let file = this.#first(waiting); file && file !== last; file = this.#first(waiting)) {
        last = file;
        yield file;
      }
      if (waiting.length === 0) this.#behind.delete(folder);
    }
  }

  #awake(): LogFile[] {
    const awake: LogFile[] = [];
    for (const file of this.#files) if (!this.#asleep.has(file)) awake.push(file);
    return awake;
  }

  #first(waiting: LogFile[]): LogFile | undefined {
    while (waiting[0] && !(this.#files.has(waiting[0]) && waiting[0].isBehind)) waiting.shift();
    return waiting[0];
  }
}
