import type { Place } from "./place.ts";

const FIRST = 1 << 8;

/**
 * What a batch adds to its files, in the order of writing; numbers of additions are indexes. Held in memory that the next
 * batch uses again: thousands of objects a batch would be most of what the garbage collector has to do.
 */
export class AdditionList {
  count = 0;
  /** Those behind {@link count} are an earlier batch's. */
  readonly places: Place[] = [];
  /** Numbers of the file's device and inode; both 0 where the file is not there before the batch. */
  devices = new Float64Array(FIRST);
  inodes = new Float64Array(FIRST);
  /** The file's length in bytes before and after. */
  befores = new Float64Array(FIRST);
  afters = new Float64Array(FIRST);
  /** How much of that is the events' own: less, where a line end is to part it from somebody's half line. */
  lengths: ArrayLike<number> = [];

  /** Forgets the batch before. */
  begin(lengths: ArrayLike<number>): void {
    this.count = 0;
    this.lengths = lengths;
    if (lengths.length <= this.befores.length) return;
    const room = lengths.length + (lengths.length >> 2);
    this.devices = new Float64Array(room);
    this.inodes = new Float64Array(room);
    this.befores = new Float64Array(room);
    this.afters = new Float64Array(room);
  }

  add(place: Place, device: number, inode: number, before: number, after: number): void {
    const index = this.count++;
    this.places[index] = place;
    this.devices[index] = device;
    this.inodes[index] = inode;
    this.befores[index] = before;
    this.afters[index] = after;
  }

  /** Adds to the same file as an earlier addition, behind it. */
  goOn(earlier: number, length: number): void {
    const before = this.afters[earlier];
    this.add(this.places[earlier], this.devices[earlier], this.inodes[earlier], before, before + length);
  }
}
