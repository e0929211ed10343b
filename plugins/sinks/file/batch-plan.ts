import type { Event } from "../../../src/plugin.ts";
import type { FileName, FileNames } from "./file-names.ts";

const LF = 0x0a;

/** What a batch adds to which files: all that a writer needs to know, beside the bytes. */
export interface Additions {
  /** Below the base folder, in the order of their first events. One may come again: two values can make one path. */
  readonly paths: readonly string[];
  /** How many bytes each gets. They stand in the arena one file behind the other. */
  readonly lengths: readonly number[];
}

/** A batch, sorted into files before anything is written. */
export interface BatchPlan extends Additions {
  readonly byteLength: number;
  /** Copies the events to where their file's bytes stand in the arena, each with its line end. */
  fill(arena: Uint8Array): void;
  /** The events of some files, given by their index in {@link Additions.paths}. */
  eventsOf(files: { has(file: number): boolean }): { readonly event: Event; readonly file: number }[];
}

/** Sorts batches into files. */
export class BatchPlanner {
  readonly #names: FileNames;
  #batch = 0;

  constructor(names: FileNames) {
    this.#names = names;
  }

  plan(events: readonly Event[]): BatchPlan {
    const batch = ++this.#batch;
    const paths: string[] = [];
    const lengths: number[] = [];
    const unremembered = new Map<string, number>();
    const fileOf = new Int32Array(events.length);
    const join = (name: FileName): number => {
      let index = name.isRemembered ? undefined : unremembered.get(name.path);
      if (index === undefined) {
        index = paths.push(name.path) - 1;
        lengths.push(0);
        if (!name.isRemembered) unremembered.set(name.path, index);
      }
      name.batch = batch;
      name.index = index;
      return index;
    };
    let byteLength = 0;
    for (let at = 0; at < events.length; at++) {
      const event = events[at];
      const name = this.#names.of(event);
      const index = name.batch === batch ? name.index : join(name);
      const length = event.byteLength + 1;
      fileOf[at] = index;
      lengths[index] += length;
      byteLength += length;
    }
    return new SortedBatch(events, fileOf, paths, lengths, byteLength);
  }
}

class SortedBatch implements BatchPlan {
  readonly paths: readonly string[];
  readonly lengths: readonly number[];
  readonly byteLength: number;
  readonly #events: readonly Event[];
  readonly #fileOf: Int32Array;

  constructor(events: readonly Event[], fileOf: Int32Array, paths: string[], lengths: number[], byteLength: number) {
    this.#events = events;
    this.#fileOf = fileOf;
    this.paths = paths;
    this.lengths = lengths;
    this.byteLength = byteLength;
  }

  fill(arena: Uint8Array): void {
    const ends = new Int32Array(this.lengths.length);
    let start = 0;
    for (let index = 0; index < ends.length; index++) {
      ends[index] = start;
      start += this.lengths[index];
    }
    const events = this.#events;
    for (let at = 0; at < events.length; at++) {
      const index = this.#fileOf[at];
      const end = events[at].copyTo(arena, ends[index]);
      arena[end] = LF;
      ends[index] = end + 1;
    }
  }

  eventsOf(files: { has(file: number): boolean }): { readonly event: Event; readonly file: number }[] {
    return this.#events.map((event, at) => ({ event, file: this.#fileOf[at] })).filter(({ file }) => files.has(file));
  }
}
