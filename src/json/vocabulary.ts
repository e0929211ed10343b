/** A vocabulary is full with so many texts; longer ones, quotes included, get no number. The kernel has the same figures. */
export const MOST_TEXTS = 16_384;
export const LONGEST_TEXT = 128;

/**
 * The texts that a scanner has given numbers, from 1 on: equal numbers mean equal bytes, and so equal texts. When it is full,
 * the scanner begins another, and rows keep theirs: what they say stays true.
 */
export class Vocabulary {
  /** The texts by their numbers, decoded where somebody asked for one. */
  readonly texts: (string | undefined)[];

  /** `largest` is the largest number that there may be. */
  constructor(largest: number) {
    // Of its full length at once: V8 makes a dictionary of an array that is filled far behind its end.
    this.texts = new Array(largest + 1);
  }
}

/** Of scanners that give no numbers. */
export const NO_VOCABULARY = new Vocabulary(0);
