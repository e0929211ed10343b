import type { Event } from "../../../src/plugin.ts";
import type { FileName, FileNames } from "./file-names.ts";

const LF = 0x0a;
const FIRST_EVENTS = 1 << 12;
const FIRST_FILES = 1 << 8;

/** What a batch adds to which files: all that a writer needs to know, beside the bytes. */
export interface Additions {
  /** Below the base folder, in the order of their first events. One may come again: two values can make one path. */
  readonly paths: readonly string[];
  /** How many bytes each gets. They stand in the arena one file behind the other. */
  readonly lengths: Float64Array;
}

/** Some of a batch's files, by their index in {@link Additions.paths}. */
export interface FileSet {
  has(file: number): boolean;
}

/**
 * Sorts a batch into files before anything is written. It holds one batch at a time, in memory that it uses again for
 * the next: a plan lasts until then.
 */
export class BatchPlan implements Additions {
  readonly #names: FileNames;
  #events: readonly Event[] = [];
  #paths: string[] = [];
  #fileOf = new Int32Array(FIRST_EVENTS);
  #sums = new Float64Array(FIRST_FILES);
  #ends = new Float64Array(FIRST_FILES);
  #byteLength = 0;
  #batch = 0;
  /** The files of names that are not remembered: two events of one such file have two names. */
  readonly #unremembered = new Map<string, number>();

  constructor(names: FileNames) {
    this.#names = names;
  }

  get paths(): readonly string[] {
    return this.#paths;
  }

  get lengths(): Float64Array {
    return this.#sums.slice(0, this.#paths.length);
  }

  /** Of the whole batch, line ends included. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Takes the next batch, and forgets the one before. */
  make(events: readonly Event[]): void {
    const batch = ++this.#batch;
    this.#events = events;
    this.#paths = [];
    this.#unremembered.clear();
    if (events.length > this.#fileOf.length) this.#fileOf = new Int32Array(events.length + (events.length >> 3));
    const names = this.#names;
    const fileOf = this.#fileOf;
    let sums = this.#sums;
    let byteLength = 0;
    for (let at = 0; at < events.length; at++) {
      const event = events[at];
      const name = names.of(event);
      let file = name.index;
      if (name.batch !== batch) {
        file = this.#join(name, batch);
        sums = this.#sums;
      }
      const length = event.byteLength + 1;
      fileOf[at] = file;
      sums[file] += length;
      byteLength += length;
    }
    this.#byteLength = byteLength;
  }

  /** Copies the events to where their file's bytes stand in the arena, each with its line end. */
  fill(arena: Uint8Array): void {
    const ends = this.#ends;
    let start = 0;
    for (let file = 0; file < this.#paths.length; file++) {
      ends[file] = start;
      start += this.#sums[file];
    }
    const events = this.#events;
    const fileOf = this.#fileOf;
    for (let at = 0; at < events.length; at++) {
      const file = fileOf[at];
      const end = events[at].copyTo(arena, ends[file]);
      arena[end] = LF;
      ends[file] = end + 1;
    }
  }

  /** The events of some files, each with its file's index. */
  eventsOf(files: FileSet): { readonly event: Event; readonly file: number }[] {
    return this.#events.map((event, at) => ({ event, file: this.#fileOf[at] })).filter(({ file }) => files.has(file));
  }

  /** Lets go of the events, which are not to be kept beyond their batch. */
  clear(): void {
    this.#events = [];
    this.#paths = [];
    this.#unremembered.clear();
    this.#byteLength = 0;
  }

  /** Gives a name its place in the batch. */
  #join(name: FileName, batch: number): number {
    let file = name.isRemembered ? undefined : this.#unremembered.get(name.path);
    if (file === undefined) {
      file = this.#paths.push(name.path) - 1;
      if (file === this.#sums.length) this.#grow();
      this.#sums[file] = 0;
      if (!name.isRemembered) this.#unremembered.set(name.path, file);
    }
    name.batch = batch;
    name.index = file;
    return file;
  }

  #grow(): void {
    const sums = new Float64Array(2 * this.#sums.length);
    sums.set(this.#sums);
    this.#sums = sums;
    this.#ends = new Float64Array(sums.length);
  }
}
