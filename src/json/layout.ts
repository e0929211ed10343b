/** The keys that lead from an object to one of its fields, decoded: `["user", "username"]`. */
export type Keys = readonly string[];

/**
 * A key to look out for at any depth. The scan raises bit {@link watchFlag}(i) of a row for the
 * i-th watch when an object below one of `under` *may* hold `key` with a string that is one of `values` or holds one of
 * the texts of `containing` (with any value, if there are neither). It may raise it for nothing (an escaped key, an
 * escaped value), but it never stays silent when the key is there: who reads the flag looks again only where it is up.
 */
export interface Watch {
  readonly under: readonly Keys[];
  readonly key: string;
  /** Strings, decoded. */
  readonly values?: readonly string[];
  /**
   * Of ASCII letters and digits alone. They are found in text that is itself JSON, however many times over, too: only
   * {@link mayHide escapes of such characters} can hide one, and those raise the flag.
   */
  readonly containing?: readonly string[];
}

/** What a scan notes of one object: the spans of `fields`, in this order, and what it watches for. */
export interface Noted {
  readonly fields: readonly Keys[];
  /** Which of the fields, by their places there, have texts that come again and again, as users do: a scan may number them. */
  readonly texts?: readonly number[];
  /** Which of the fields hold times: a scan may read them. */
  readonly times?: readonly number[];
  /** At most {@link MAX_WATCHES}. */
  readonly watches?: readonly Watch[];
}

/**
 * What one pass over a record notes. With `elements`, each object in the array at `elements.at`
 * becomes a row of its own, right behind its record's row and in order: `split` needs no second scan.
 * `at` may be empty: the record itself may then be an array.
 */
export interface Layout extends Noted {
  readonly elements?: Noted & { readonly at: Keys };
}

export const MAX_WATCHES = 16;

/** The rows of one record's elements take no more integers than this, 4 MiB: a body of tiny objects fills no memory. */
export const MOST_ELEMENT_INTEGERS = 1 << 20;

/**
 * Whether a key has characters that only escapes can write, other than `\u` and `\/`: quotes, backslashes, controls. A watch
 * for such a key is raised by any key with escapes, as `managedFields` has many of; another only by those that may hide it.
 */
export function isObscure(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /["\\\u0000-\u001f]/.test(key);
}

/** Whether it is a text that {@link Watch.containing} can look for. */
export const isContainable = (text: string): boolean => /^[A-Za-z0-9]+$/.test(text);

/**
 * Whether a string, as it is written in JSON, has an escape that may write an ASCII letter or digit, or a backslash: `\u0030`
 * to `\u0039` and `\u0040` to `\u007f`. Go's encoder writes `\u0026`, `\u003c` and `\u003e` everywhere, which can write
 * none. Whether the backslash is itself escaped is not asked: the string may hold JSON whose own escapes begin there.
 */
export const mayHide = (written: string): boolean => /\\u00(?:[4-7]|3[0-9])/.test(written);

/**
 * A row of the table that a scan fills, as 32-bit integers:
 *
 *     [START, END, FLAGS, ELEMENTS, start₀, end₀, start₁, end₁, …, number₀, 0, …, day₀, millisecond₀, …]
 *
 * START and END delimit the value's bytes in the scanned buffer, white space around it left out.
 * ELEMENTS counts the element rows that follow (0 in an element's own row, and where the array is
 * absent, empty, holds something that is no object (then `NOT_ALL_OBJECTS` says so), or holds so many that their rows
 * would fill {@link MOST_ELEMENT_INTEGERS}).
 * A field's pair delimits its value, quotes and brackets included; end = 0 where the field is absent.
 * Of a field that occurs twice the last counts, and a repeated parent forgets what the earlier one held.
 * Behind the pairs, each of `texts` has the number of its string in the scan's {@link Vocabulary}, and each of `times` the days
 * since 1970 and the milliseconds of that day; zeros where nothing is told: a scanner need not tell anything here.
 * In the row of a record that is no valid JSON (FLAGS & INVALID), START and END delimit the whole line,
 * the first pair holds [error code, offset of the offending byte in the buffer], and no elements follow.
 */
export const ROW = { START: 0, END: 1, FLAGS: 2, ELEMENTS: 3, FIELDS: 4 } as const;

export const FLAG = {
  /** The record is no valid JSON; the first pair says why and where. */
  INVALID: 1,
  /** Valid JSON, but no object at the top. */
  NOT_AN_OBJECT: 2,
  /** A noted field, or an object on the way to one, occurs more than once. */
  REPEATED: 4,
  /**
   * An object on the way to a noted field has a key written with escapes: the row's fields are not
   * to be trusted, a decoding walk has to look.
   */
  ESCAPED_KEY: 8,
  /** The array at `elements.at` holds something that is no object. */
  NOT_ALL_OBJECTS: 16,
} as const;

/** The flag of the i-th watch. */
export const watchFlag = (index: number): number => 1 << (8 + index);

/** Where in a row the first number of a text stands. */
export const firstTextCell = ({ fields }: Noted): number => ROW.FIELDS + 2 * fields.length;

/** Where in a row the first time stands. */
export const firstTimeCell = (noted: Noted): number => firstTextCell(noted) + 2 * (noted.texts?.length ?? 0);

const lengthOf = (noted: Noted): number => firstTimeCell(noted) + 2 * (noted.times?.length ?? 0);

/** Integers a row takes: room for the larger of the record's and the elements' fields, at least one pair. */
export const rowLength = (layout: Layout): number =>
  Math.max(ROW.FIELDS + 2, lengthOf(layout), layout.elements ? lengthOf(layout.elements) : 0);
