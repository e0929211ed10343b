import { createRequire } from "node:module";
import type { ASTNode, ParseError } from "@marcbachmann/cel-js";
import type { RE2JS } from "re2js";
import { type ConditionRead, childrenOf, readsOf } from "./condition-reads.ts";

/** An expression that is ready to be evaluated. */
export interface CompiledExpression {
  /** What it reads of `self`, parents first; undefined where it reads all of it. */
  readonly reads: readonly ConditionRead[] | undefined;
  /** The result for a value of `self`, whatever its type. Throws where there is none: a field is absent, a type is wrong. */
  evaluate(self: unknown): unknown;
}

/** The library's own `matches` takes exponential time, and no function can be registered twice: calls are led to this one. */
const LINEAR_MATCHES = "matchesLinearly";

// Loaded on first use, so that a pipeline without conditions starts without them.
const load = createRequire(import.meta.url);
const patterns = new Map<string, RE2JS>();
let environment: ReturnType<typeof createEnvironment> | undefined;

/** Compiles CEL over the variable `self`. @throws SyntaxError that says which character is wrong */
export function compileExpression(expression: string): CompiledExpression {
  environment ??= createEnvironment();
  try {
    const { type, error } = environment.parse(expression).check();
    if (error) throw error;
    if (type !== "bool" && type !== "dyn")
      throw wrongAt(0, `this gives ${type}, neither true nor false: compare it with something`);
    const evaluate = environment.parse(expression);
    const reads = readsOf(evaluate.ast);
    useLinearMatches(evaluate.ast);
    evaluate.check();
    return { reads, evaluate: (self) => evaluate({ self }) as unknown };
  } catch (error) {
    throw error instanceof SyntaxError ? error : explain(error as ParseError);
  }
}

function createEnvironment() {
  const { Environment } = load("@marcbachmann/cel-js") as typeof import("@marcbachmann/cel-js");
  const matches = (text: string, pattern: string): boolean => patterns.get(pattern)?.test(text) ?? false;
  return new Environment({ enableOptionalTypes: true })
    .registerVariable("self", "dyn")
    .registerFunction("matches(string, string): bool", matches)
    .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, matches);
}

function useLinearMatches(node: ASTNode): void {
  const isMatches = (node.op === "call" || node.op === "rcall") && node.args[0] === "matches";
  if (isMatches) {
    compilePattern(node.op === "call" ? node.args[1][1] : node.args[2][0]);
    if (node.op === "rcall") node.args[0] = LINEAR_MATCHES;
  }
  for (const child of childrenOf(node)) useLinearMatches(child);
}

/** Patterns are compiled once, with the condition: one made of an event could be as large as its sender likes. */
function compilePattern(pattern: ASTNode): void {
  if (pattern.op !== "value" || typeof pattern.args !== "string") {
    throw wrongAt(pattern.start, "matches() takes a pattern in quotes, not one that is computed");
  }
  if (patterns.has(pattern.args)) return;
  const { RE2JS } = load("re2js") as typeof import("re2js");
  try {
    patterns.set(pattern.args, RE2JS.compile(pattern.args));
  } catch (error) {
    throw wrongAt(
      pattern.start,
      `${(error as Error).message}; patterns are RE2's, without look-around and back-references`,
    );
  }
}

function explain({ summary, range }: ParseError): SyntaxError {
  if (summary.endsWith("EOF")) return wrongAt(range?.start ?? 0, "it ends here, and something is missing");
  const variable = /^Unknown variable: (.*)$/.exec(summary)?.[1];
  const remedy = variable
    ? `; the event is self: write self.${variable}`
    : summary.endsWith(": =")
      ? "; == compares"
      : "";
  return wrongAt(range?.start ?? 0, summary + remedy);
}

function wrongAt(index: number, reason: string): SyntaxError {
  return new SyntaxError(`at character ${index + 1} of the condition: ${reason}`);
}
