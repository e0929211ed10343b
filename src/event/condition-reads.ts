import type { ASTNode } from "@marcbachmann/cel-js";
import { type FieldPath, field, isWithin } from "./field-path.ts";

/** A field that an expression looks at. */
export interface ConditionRead {
  readonly path: FieldPath;
  /** Whether its value matters, or only that it is there, as under `has()`. */
  readonly valued: boolean;
}

/** What an expression reads of `self`, parents before what lies below them; undefined where it reads all of it. */
export function readsOf(expression: ASTNode): readonly ConditionRead[] | undefined {
  const valued = new Set<FieldPath>();
  const present = new Set<FieldPath>();
  let whole = false;
  const visit = (node: ASTNode, target: Set<FieldPath>): void => {
    const keys = keysOf(node);
    if (keys === undefined) {
      const inner = node.op === "call" && node.args[0] === "has" ? present : valued;
      for (const child of childrenOf(node)) visit(child, inner);
    } else if (keys.length === 0) whole = true;
    else target.add(field(keys));
  };
  visit(expression, valued);
  if (whole) return undefined;
  // Whoever has the value of a field has all that lies below it.
  const isCovered = (path: FieldPath): boolean => [...valued].some((other) => other !== path && isWithin(path, other));
  return [
    ...[...valued].map((path) => ({ path, valued: true })),
    ...[...present].filter((path) => !valued.has(path)).map((path) => ({ path, valued: false })),
  ]
    .filter(({ path }) => !isCovered(path))
    .sort((one, other) => one.path.keys.length - other.path.keys.length);
}

/** The nodes right below a node. */
export function childrenOf({ args }: ASTNode): ASTNode[] {
  return [args].flat(3).filter(isNode);
}

/** The keys of `self.a["b"].?c`; undefined for all else. */
function keysOf(node: ASTNode): string[] | undefined {
  if (node.op === "id") return node.args === "self" ? [] : undefined;
  if (node.op === "." || node.op === ".?") return append(keysOf(node.args[0]), node.args[1]);
  if (node.op !== "[]" && node.op !== "[?]") return undefined;
  const [left, index] = node.args;
  return index.op === "value" && typeof index.args === "string" ? append(keysOf(left), index.args) : undefined;
}

function append(keys: string[] | undefined, key: string): string[] | undefined {
  return keys && [...keys, key];
}

function isNode(part: unknown): part is ASTNode {
  return typeof part === "object" && part !== null && "op" in part;
}
