/** A command: takes the words behind its name, returns the exit code. */
export type Command = (words: readonly string[]) => Promise<number>;
