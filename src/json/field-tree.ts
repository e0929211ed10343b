import { type Keys, type MAX_WATCHES, type Noted, ROW } from "./layout.ts";

const SLOTS = 64;

/** What a scan has to know of the value that one path leads to. */
export interface FieldNode {
  /** The key that leads here from the parent, decoded and as UTF-8. */
  readonly name: string;
  readonly key: Uint8Array;
  /** A number of its own in its tree. */
  readonly id: number;
  readonly children: FieldNode[];
  /** The children by length and first byte of their key, so that most keys are told apart at one glance. */
  readonly slots: (FieldNode | undefined)[];
  /** The next child in the same slot. */
  next: FieldNode | undefined;
  /** Where in the row the pairs of this field lie; none if it is only on the way to others. */
  readonly pairs: number[];
  /** The pairs of this field and of all below it: what a repetition makes void. */
  readonly pairsFrom: number[];
  /** The array whose objects become rows lies here. */
  holdsElements: boolean;
  /** That array lies here or below. */
  elementsFrom: boolean;
  /** A noted field or the elements lie here or below. */
  noted: boolean;
  /** A noted field or the elements lie below. */
  notedBelow: boolean;
  /** The watches that become active over this value, and those that do somewhere below it. */
  watches: number;
  watchesBelow: number;
}

/** A tree of the paths of one kind of row: a record's, or an element's. */
export interface FieldTree {
  readonly root: FieldNode;
  readonly size: number;
}

/** Grows the tree of `noted`; `elementsAt` is where a record's elements lie, `firstWatch` the bit of its first watch. */
export function growFieldTree(
  noted: Noted,
  elementsAt: Keys | undefined,
  firstWatch: 0 | typeof MAX_WATCHES,
): FieldTree {
  const nodes: FieldNode[] = [];
  const root = createNode("", nodes);

  /** The nodes from the root to the end of a path. */
  const pathTo = (keys: Keys): FieldNode[] => {
    const path = [root];
    for (const key of keys) path.push(childOf(path[path.length - 1], key, nodes));
    return path;
  };
  const note = (path: FieldNode[]): FieldNode => {
    path.forEach((node, index) => {
      node.noted = true;
      if (index < path.length - 1) node.notedBelow = true;
    });
    return path[path.length - 1];
  };

  noted.fields.forEach((keys, index) => {
    const path = pathTo(keys);
    const pair = ROW.FIELDS + 2 * index;
    note(path).pairs.push(pair);
    for (const node of path) node.pairsFrom.push(pair);
  });
  if (elementsAt !== undefined) {
    const path = pathTo(elementsAt);
    note(path).holdsElements = true;
    for (const node of path) node.elementsFrom = true;
  }
  noted.watches?.forEach(({ under }, index) => {
    const bit = 1 << (firstWatch + index);
    for (const keys of under) {
      const path = pathTo(keys);
      path[path.length - 1].watches |= bit;
      for (const node of path.slice(0, -1)) node.watchesBelow |= bit;
    }
  });
  return { root, size: nodes.length };
}

/** The child of `node` whose key is `buffer[start, end)`, which has no escapes. */
export function findChild(node: FieldNode, buffer: Uint8Array, start: number, end: number): FieldNode | undefined {
  const length = end - start;
  let child = node.slots[slotOf(length, length === 0 ? 0 : buffer[start])];
  while (child !== undefined) {
    const { key } = child;
    let rest = key.length === length ? length : -1;
    while (rest > 0 && buffer[start + rest - 1] === key[rest - 1]) rest--;
    if (rest === 0) return child;
    child = child.next;
  }
  return undefined;
}

function slotOf(length: number, first: number): number {
  return (length * 5 + first) & (SLOTS - 1);
}

function childOf(parent: FieldNode, key: string, nodes: FieldNode[]): FieldNode {
  const known = parent.children.find((child) => child.name === key);
  if (known !== undefined) return known;
  const child = createNode(key, nodes);
  parent.children.push(child);
  // UTF-8 cannot write a lone surrogate: only an escaped key, which no slot needs, leads to such a child.
  if (!key.isWellFormed()) return child;
  const slot = slotOf(child.key.length, key === "" ? 0 : child.key[0]);
  child.next = parent.slots[slot];
  parent.slots[slot] = child;
  return child;
}

function createNode(name: string, nodes: FieldNode[]): FieldNode {
  const node: FieldNode = {
    name,
    key: Buffer.from(name),
    id: nodes.length,
    children: [],
    slots: new Array<FieldNode | undefined>(SLOTS).fill(undefined),
    next: undefined,
    pairs: [],
    pairsFrom: [],
    holdsElements: false,
    elementsFrom: false,
    noted: false,
    notedBelow: false,
    watches: 0,
    watchesBelow: 0,
  };
  nodes.push(node);
  return node;
}
