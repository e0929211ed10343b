import type { Scanner } from "../../src/json/scanner.ts";
import { describeGrammar } from "./describe-grammar.ts";
import { describeNotes } from "./describe-notes.ts";
import { describeRows } from "./describe-rows.ts";

/** Holds a scanner against `JSON.parse`, and against what `layout.ts` and `scanner.ts` promise. */
export function describeScanner(name: string, create: () => Scanner): void {
  const scanner = create();
  describeGrammar(name, scanner);
  describeRows(name, scanner);
  describeNotes(name, scanner);
}
