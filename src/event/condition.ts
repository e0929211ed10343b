import { type CompiledExpression, compileExpression } from "./condition-language.ts";
import type { ConditionRead } from "./condition-reads.ts";
import { type ConditionValue, decodeForCondition } from "./condition-value.ts";
import type { Event } from "./event.ts";
import { type FieldPath, isWithin } from "./field-path.ts";
import { VerdictCache } from "./verdict-cache.ts";

/** Bytes of a field's value, beyond which no condition looks at it: decoded, it takes many times as much memory. */
const LARGEST_VALUE = 1 << 20;

type Tree = Map<string, ConditionValue | Tree>;

/**
 * A CEL expression over `self`, the event as it stands, with optional syntax. Only the fields that it names are decoded;
 * verdicts are kept, as they depend on nothing else. An absent parent reads as an empty object: `has(self.user.username)`
 * is false without a user. `matches` takes a constant pattern, and linear time.
 */
export class Condition {
  readonly expression: string;
  /** The fields that it names, for a component's `reads`; none where it reads the whole event. */
  readonly fields: readonly FieldPath[];
  readonly #compiled: CompiledExpression;
  readonly #verdicts = new VerdictCache();

  private constructor(expression: string) {
    this.expression = expression;
    this.#compiled = compileExpression(expression);
    this.fields = this.#compiled.reads?.map(({ path }) => path) ?? [];
  }

  /** @throws SyntaxError that says which character is wrong */
  static parse(expression: string): Condition {
    return new Condition(expression);
  }

  /**
   * Whether it holds; undefined where it cannot be decided: a field is absent or larger than 1 MiB, a type is wrong,
   * the result is neither true nor false.
   */
  decide(event: Event): boolean | undefined {
    const { reads } = this.#compiled;
    if (reads === undefined) return this.#evaluate(event, undefined);
    const node = this.#verdicts.find(event, reads);
    if (node === undefined) return this.#evaluate(event, reads);
    if (!node.isKnown) {
      node.verdict = this.#evaluate(event, reads);
      node.isKnown = true;
    }
    return node.verdict;
  }

  #evaluate(event: Event, reads: readonly ConditionRead[] | undefined): boolean | undefined {
    const self = reads === undefined ? wholeOf(event) : project(event, reads);
    if (self === undefined) return undefined;
    try {
      const result = this.#compiled.evaluate(self);
      return typeof result === "boolean" ? result : undefined;
    } catch {
      return undefined;
    }
  }
}

function wholeOf(event: Event): ConditionValue | undefined {
  return event.byteLength > LARGEST_VALUE ? undefined : decodeForCondition(asBuffer(event.bytes));
}

/** The event as far as it is read; undefined where a value is too large. */
function project(event: Event, reads: readonly ConditionRead[]): Tree | undefined {
  const self: Tree = new Map();
  const absent: FieldPath[] = [];
  for (const { path, valued } of reads) {
    if (absent.some((ancestor) => isWithin(path, ancestor))) continue;
    const parent = growParent(self, path.keys);
    const key = path.keys[path.keys.length - 1];
    if (valued) {
      const json = event.raw(path);
      if (json === undefined) continue;
      if (json.length > LARGEST_VALUE) return undefined;
      parent.set(key, decodeForCondition(asBuffer(json)));
    } else if (event.has(path)) parent.set(key, new Map());
    else absent.push(path);
  }
  return self;
}

function growParent(self: Tree, keys: readonly string[]): Tree {
  let parent = self;
  for (const key of keys.slice(0, -1)) {
    const child = (parent.get(key) as Tree | undefined) ?? new Map();
    parent.set(key, child);
    parent = child;
  }
  return parent;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
