import type { Document } from "./document.ts";
import type { Spot } from "./spot.ts";

const WIDEST = 120;
/** Of a text that is no YAML no values are known: whatever follows a telling name is kept back. */
const SECRET_TEXT =
  /((?:pass|token|secret|credential|private|api_?key|authoriz)[\w-]*["']?\s*[:=]\s*)(?!\s*[$&*]?$)\S.*$/i;
const USER_INFO = /:\/\/[^\s/@"']+@/g;

/** The line of the file, and below it a caret under the column, both from 1; empty where nothing is on it. Secrets are left out. */
export function excerptAt(document: Document, line: number, column: number): string {
  const { text, lines } = document;
  const start = lines.lineStarts[line - 1] ?? 0;
  const nextStart = lines.lineStarts[line] ?? text.length + 1;
  const shown = new Excerpt(text.slice(start, nextStart - 1).replace(/\r$/, ""), column - 1);

  const hidden = [...document.secrets]
    .map((pointer) => document.spots.get(pointer))
    .filter((spot) => spot !== undefined)
    .filter((spot) => spot.start < nextStart && spot.end > start && !isNamedOnly(spot))
    .sort((a, b) => b.start - a.start);
  for (const spot of hidden) shown.replace(spot.start - start, spot.end - start, "***");
  if (document.value === undefined) shown.replaceAll(SECRET_TEXT, (match, name: string) => [name.length, match.length]);
  shown.replaceAll(USER_INFO, (match) => [3, match.length - 1]);
  return shown.print();
}

/** Whether the text holds the names of variables, and no default that may be secret. */
const isNamedOnly = ({ expressions }: Spot): boolean =>
  expressions.length > 0 && !expressions.some((expression) => expression.includes(":-"));

/** A line that is being shortened, with a mark that stays at its character. */
class Excerpt {
  #line: string;
  #mark: number;

  constructor(line: string, mark: number) {
    this.#line = line;
    this.#mark = mark;
  }

  replace(from: number, to: number, by: string): void {
    const start = Math.max(0, from);
    const end = Math.min(this.#line.length, to);
    if (start >= end) return;
    this.#line = this.#line.slice(0, start) + by + this.#line.slice(end);
    if (this.#mark >= end) this.#mark += by.length - (end - start);
    else if (this.#mark > start) this.#mark = start;
  }

  /** Hides the part of each match that `part` gives as its start and end. */
  replaceAll(pattern: RegExp, part: (match: string, group: string) => readonly [number, number]): void {
    const matches = [...this.#line.matchAll(new RegExp(pattern, `${pattern.flags.replace("g", "")}g`))];
    for (const match of matches.reverse()) {
      const [from, to] = part(match[0], match[1]);
      this.replace(match.index + from, match.index + to, "***");
    }
  }

  print(): string {
    if (this.#line.trim() === "") return "";
    const from = this.#mark > WIDEST - 20 ? this.#mark - 40 : 0;
    const line = this.#line.slice(from, from + WIDEST);
    const before = from > 0 ? "…" : "";
    const after = from + WIDEST < this.#line.length ? "…" : "";
    // Control characters would reach the terminal; a tab is as wide above the caret as beside it.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    const clean = (before + line + after).replaceAll(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "�");
    const indent = clean.slice(0, before.length + this.#mark - from).replaceAll(/[^\t]/g, " ");
    return `  ${clean}\n  ${indent}^`;
  }
}
