import { hash } from "node:crypto";

const MAX_BYTES = 255;
const MAX_LENGTH = 200;
const ALREADY_FINE = /^[a-z0-9][a-z0-9._-]{0,199}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it takes out
const ILLEGAL = /[\\/*?"<>| ,#:\u0000-\u0020\u007f]/g;
const ILLEGAL_START = /^[-_+.]+/;
const DAY = 86_400_000;

/**
 * The name that an index may have, from the text that a template made: lower case, without the characters
 * that servers refuse, never a hidden or system index (no leading dot), at most 255 bytes. Texts that differ
 * in such characters alone share an index; one that was cut ends with a hash of the whole.
 */
export function indexName(text: string): string {
  if (ALREADY_FINE.test(text)) return text;
  const name = text.toWellFormed().toLowerCase().replaceAll(ILLEGAL, "-").replace(ILLEGAL_START, "");
  if (name === "") return "unnamed";
  return Buffer.byteLength(name) <= MAX_BYTES ? name : `${cut(name)}-${hash("sha256", text).slice(0, 16)}`;
}

function cut(name: string): string {
  let kept = "";
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_LENGTH) break;
    kept += character;
  }
  return kept;
}

/**
 * Counts the names in use, so that a field under an attacker's control cannot fill the cluster with indices.
 * A name is in use for a day after its last event: daily indices come and go within the limit.
 */
export class IndexNames {
  readonly #limit: number;
  readonly #now: () => number;
  readonly #lastUse = new Map<string, number>();

  constructor(limit: number, now: () => number = Date.now) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Whether the name is in use or there is room for one more. */
  admit(name: string): boolean {
    if (this.#lastUse.has(name)) this.#lastUse.delete(name);
    else if (this.#lastUse.size >= this.#limit && !this.#forgetOldest()) return false;
    this.#lastUse.set(name, this.#now());
    return true;
  }

  #forgetOldest(): boolean {
    for (const [name, time] of this.#lastUse) {
      if (this.#now() - time < DAY) return false;
      this.#lastUse.delete(name);
      return true;
    }
    return false;
  }
}
