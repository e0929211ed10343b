import { Verdicts } from "./verdicts.ts";
import { compileWildcards } from "./wildcard.ts";

/** Comparing with more beginnings than this takes longer than remembering each name's verdict. */
const MOST_PREFIXES = 8;
/** Longer names share the place of others. */
const LENGTHS = 256;

/**
 * Names, and patterns of names in which `*` stands for any run of characters. Whole names and beginnings (`system:node:*`),
 * which are most of what people write, are compared as they come: a map of the thousands of names that a log has would
 * lie out of the cache. For other patterns verdicts are remembered.
 */
export class NamePatterns {
  readonly #names: ReadonlySet<string>;
  /** 1 for each length that one of the names has. */
  readonly #lengths = new Uint8Array(LENGTHS);
  readonly #prefixes: readonly string[];
  readonly #others: Verdicts | undefined;

  constructor(patterns: readonly string[]) {
    this.#names = new Set(patterns.filter((pattern) => !pattern.includes("*")));
    for (const { length } of this.#names) this.#lengths[length % LENGTHS] = 1;
    const open = patterns.filter((pattern) => pattern.includes("*"));
    const isPrefix = (pattern: string): boolean => pattern.indexOf("*") === pattern.length - 1;
    const compares = open.filter(isPrefix).length <= MOST_PREFIXES;
    this.#prefixes = compares ? open.filter(isPrefix).map((pattern) => pattern.slice(0, -1)) : [];
    const others = compares ? open.filter((pattern) => !isPrefix(pattern)) : open;
    this.#others = others.length > 0 ? new Verdicts(compileWildcards(others)) : undefined;
  }

  /** Whether a name is one of them or fits a pattern. */
  include(name: string): boolean {
    if (this.#lengths[name.length % LENGTHS] === 1 && this.#names.has(name)) return true;
    for (let index = 0; index < this.#prefixes.length; index++) {
      if (name.startsWith(this.#prefixes[index])) return true;
    }
    return this.#others?.of(name) === true;
  }
}
