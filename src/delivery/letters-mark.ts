/** How far the file of dead letters had been written, and which file that was. */
export interface LettersMark {
  /** In digits; empty where there was no file. */
  readonly inode: string;
  /** Bytes. */
  readonly length: number;
}

/** What lies before all of these in the present file; the whole file, where one of them is of another. */
export function earliest(marks: Iterable<LettersMark>, present: LettersMark): LettersMark {
  let length = present.length;
  for (const mark of marks) length = Math.min(length, mark.inode === present.inode ? mark.length : 0);
  return { inode: present.inode, length };
}
