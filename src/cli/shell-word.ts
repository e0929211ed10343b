const PLAIN = /^[\w@%+=:,./-]+$/;

/** A text as one word of a POSIX shell, to be pasted: in single quotes unless it needs none. */
export const shellWord = (text: string): string => (PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
