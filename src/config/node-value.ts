import { type Alias, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, type Scalar } from "yaml";
import type { Finding } from "./finding.ts";
import { below, type Pointer, quote } from "./pointer.ts";
import type { Spot } from "./spot.ts";
import { expand, type Surroundings } from "./variables.ts";

/** What {@link buildValue} needs, and where it notes what it sees. */
export interface Build {
  readonly surroundings: Surroundings;
  readonly spots: Map<Pointer, Spot>;
  readonly findings: Finding[];
  readonly secrets: Set<Pointer>;
}

const DEEPEST = 64;
/** Aliases of aliases grow without bound: a kilobyte can stand for billions of values. */
const MOST_VALUES = 100_000;
/** Options that are not yet known to be secret, by names that speak for themselves. */
const SECRET_NAME = /pass|token|secret|credential|private|api_?key|authoriz/i;

class TooLarge extends Error {}

/** The plain value of a YAML node: variables replaced, aliases followed, each value's place noted. */
export function buildValue(root: Node | null, build: Build): unknown {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  let count = 0;
  let aliasDepth = 0;

  function spend(depth: number): void {
    if (depth > DEEPEST) throw new TooLarge(`nested more than ${DEEPEST} levels deep`);
    if (++count > MOST_VALUES) {
      throw new TooLarge(`with its aliases (*name) this has more than ${MOST_VALUES.toLocaleString("en")} values`);
    }
  }

  function visit(node: unknown, pointer: Pointer, depth: number, key?: number, secret = false): unknown {
    const [start, end] = rangeOf(node as Node | null) ?? [key ?? 0, key ?? 0];
    const note = (spot?: Partial<Spot>): void => {
      build.spots.set(pointer, { start, end, expressions: [], ...(key === undefined ? {} : { key }), ...spot });
    };
    const refuse = (message: string, expressions: readonly string[] = []): undefined => {
      build.findings.push({ offset: start, pointer, message });
      note({ expressions, broken: true });
    };
    spend(depth);
    note();
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      const target = follow(node);
      if (target === undefined) return refuse(`there is no anchor &${node.source} before this`);
      aliasDepth++;
      const value = visit(target, pointer, depth + 1, key, secret);
      aliasDepth--;
      return value;
    }
    remember(node);
    if (isSeq(node)) {
      return node.items.map((item, index) => visit(item, below(pointer, index), depth + 1, undefined, secret));
    }
    if (isMap(node)) return visitMap(node.items, pointer, depth, secret);
    if (isScalar(node)) {
      const { value } = node;
      if (secret) build.secrets.add(pointer);
      if (typeof value !== "string") return plainScalar(node, refuse);
      const { text, expressions, problems } = expand(value, build.surroundings);
      if (problems.length > 0) {
        for (const problem of problems) refuse(problem, expressions);
        return text;
      }
      if (expressions.length > 0) note({ expressions });
      return text;
    }
    return refuse("this is no text, number, list or map");
  }

  function visitMap(pairs: readonly Pair<unknown, unknown>[], pointer: Pointer, depth: number, secret: boolean) {
    const map: Record<string, unknown> = {};
    const own = new Set<string>();
    for (const pair of pairs) {
      const keyNode = pair.key as Node | null;
      const offset = rangeOf(keyNode)?.[0] ?? rangeOf(pair.value as Node | null)?.[0] ?? 0;
      if (!isScalar(keyNode) || keyNode.value === null) {
        build.findings.push({ offset, pointer, message: "a key must be text" });
        continue;
      }
      if (keyNode.value === "<<" && keyNode.type === "PLAIN") {
        merge(map, own, pair.value, pointer, depth, secret);
        continue;
      }
      const name = typeof keyNode.value === "string" ? keyNode.value : (keyNode.source ?? String(keyNode.value));
      const place = below(pointer, name);
      if (own.has(name)) {
        build.findings.push({ offset, pointer, message: `${quote(name)} is written twice: keep one` });
        continue;
      }
      own.add(name);
      put(map, name, visit(pair.value, place, depth + 1, offset, secret || SECRET_NAME.test(name)));
    }
    return map;
  }

  /** `<<: *name`: the other map's values, where this one has none of its own. */
  function merge(
    map: Record<string, unknown>,
    own: ReadonlySet<string>,
    node: unknown,
    pointer: Pointer,
    depth: number,
    secret: boolean,
  ): void {
    spend(depth);
    remember(node);
    const target = isAlias(node) ? follow(node) : node;
    if (isSeq(target)) {
      for (const item of target.items) merge(map, own, item, pointer, depth + 1, secret);
      return;
    }
    if (!isMap(target)) {
      build.findings.push({
        offset: rangeOf(node as Node)?.[0] ?? 0,
        pointer,
        message: '"<<" needs a map: write <<: *name',
      });
      return;
    }
    const missing = target.items.filter((pair) => {
      return isPair(pair) && !(isScalar(pair.key) && Object.hasOwn(map, String(pair.key.value)));
    });
    aliasDepth++;
    const merged = visitMap(missing, pointer, depth + 1, secret);
    aliasDepth--;
    for (const [name, value] of Object.entries(merged)) if (!own.has(name)) put(map, name, value);
  }

  /** Below an alias, anchors were met before, where they stand. */
  function remember(node: unknown): void {
    const { anchor } = (node ?? {}) as { anchor?: string };
    if (anchor !== undefined && aliasDepth === 0) anchors.set(anchor, node as Node);
  }

  /** The node an alias stands for. It is looked up once, as the anchor's name may be given again further down. */
  function follow(alias: Alias): Node | undefined {
    if (!targets.has(alias)) targets.set(alias, anchors.get(alias.source));
    return targets.get(alias);
  }

  try {
    return visit(root, "", 0);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    build.findings.push({ offset: 0, message: error.message });
    return undefined;
  }
}

function plainScalar({ value, source }: Scalar, refuse: (message: string) => undefined): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value !== "number") return refuse("this is no text, number, true or false");
  if (!Number.isFinite(value)) return refuse("this is no number that can be written as JSON");
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return refuse(`${source ?? value} has more digits than a number can keep: put it in quotes`);
  }
  return value;
}

/** Sets a key that may be called `__proto__`. */
function put(map: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
}

const rangeOf = (node: Node | null): readonly [number, number, number] | undefined => node?.range ?? undefined;
