/** The journal has no room: whoever sent the records is to send them again, later; unless they never fit. */
export class JournalFull extends Error {
  override readonly name = "JournalFull";
  /** There will be no room for so many at once, however long one waits. */
  readonly neverFits: boolean;

  constructor(message: string, { neverFits = false, ...options }: ErrorOptions & { neverFits?: boolean } = {}) {
    super(message, options);
    this.neverFits = neverFits;
  }
}

const NO_SPACE = new Set(["ENOSPC", "EDQUOT"]);

/** What a failed write means: a disk without space is a full journal, too. */
export function asJournalFull(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !NO_SPACE.has(code)) return error;
  return new JournalFull(`the disk of the journal is full (${code})`, { cause: error });
}
