import { type Event, type FieldPath, field, isWithin } from "../../../src/plugin.ts";

const OPENING = Buffer.from("{");
const CLOSING = Buffer.from("}");

/** A field on the way to kept ones, or a kept one: that has no children. */
interface KeptField {
  readonly path: FieldPath;
  /** Its key as JSON and a colon; with the comma that parts it from what stands before. */
  readonly key: Buffer;
  readonly keyBehindComma: Buffer;
  readonly children: KeptField[];
}

/** The fields to keep, as the objects that they make up. */
export class KeptTree {
  readonly leaves: readonly FieldPath[];
  readonly #top: readonly KeptField[];
  /** The parents of kept fields: they are objects of the tree's making. */
  readonly #parents = new Map<FieldPath, KeptField>();

  constructor(leaves: readonly FieldPath[]) {
    this.leaves = leaves;
    const top: KeptField[] = [];
    for (const leaf of leaves) this.#grow(top, leaf);
    this.#top = top;
  }

  /** Whether a field is kept, by itself or with a parent of it. */
  keeps(path: FieldPath): boolean {
    return this.leaves.some((leaf) => isWithin(path, leaf));
  }

  /** The object of what is kept of an event, or of a parent of kept fields; undefined where the event has nothing of it. */
  assemble(event: Event, parent?: FieldPath): Buffer | undefined {
    const children = parent === undefined ? this.#top : this.#parents.get(parent)?.children;
    if (children === undefined) return undefined;
    const parts: Uint8Array[] = [OPENING];
    for (const child of children) {
      const value = child.children.length > 0 ? this.assemble(event, child.path) : event.raw(child.path);
      if (value !== undefined) parts.push(parts.length === 1 ? child.key : child.keyBehindComma, value);
    }
    if (parts.length === 1 && parent !== undefined) return undefined;
    parts.push(CLOSING);
    return Buffer.concat(parts);
  }

  #grow(top: KeptField[], leaf: FieldPath): void {
    let siblings = top;
    leaf.keys.forEach((name, index) => {
      const path = field(leaf.keys.slice(0, index + 1));
      let node = siblings.find((other) => other.path === path);
      if (node === undefined) {
        const key = `${JSON.stringify(name)}:`;
        node = { path, key: Buffer.from(key), keyBehindComma: Buffer.from(`,${key}`), children: [] };
        siblings.push(node);
      }
      if (index < leaf.keys.length - 1) this.#parents.set(path, node);
      siblings = node.children;
    });
  }
}

/** The tree of these fields; one that lies within another is kept with it. */
export function growKeptTree(paths: readonly FieldPath[]): KeptTree {
  const distinct = [...new Set(paths)];
  return new KeptTree(distinct.filter((path) => !distinct.some((other) => other !== path && isWithin(path, other))));
}
