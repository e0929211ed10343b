/** How far the file of dead letters had been written, and which file that was. */
export interface LettersMark {
  /** In digits, as an inode may be larger than a number is exact. */
  readonly inode: string;
  readonly length: number;
}
