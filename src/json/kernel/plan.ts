import {
  firstTextCell,
  firstTimeCell,
  isObscure,
  type Keys,
  type Layout,
  MAX_WATCHES,
  type Noted,
  ROW,
  rowLength,
  type Watch,
} from "../layout.ts";
import { PLAN } from "./memory-map.ts";
import { WordImage } from "./word-image.ts";

/** The traits of a node; the names are explained in `plan.as.ts`. */
const TRAIT = { PARENT: 1, ON_THE_WAY: 2, NOTED: 4, ELEMENTS_HERE: 8, ELEMENTS_IN: 16 } as const;
const NODE_WORDS = 14;
const GUESS_WORDS = 16;
const GUESSES = 128;
const LARGEST_SLOTS = 256;

interface Node {
  readonly key: Uint8Array;
  readonly children: Map<string, Node>;
  /** Byte offsets in the row. */
  readonly ownPairs: number[];
  readonly pairsBelow: number[];
  watches: number;
  watchesBelow: number;
  traits: number;
  address: number;
}

/**
 * The bytes of a layout as the kernel reads them at {@link PLAN}, or undefined if they do not fit there.
 * Throws a RangeError for more than {@link MAX_WATCHES} watches.
 */
export function planOf(layout: Layout): Uint8Array | undefined {
  const record = growTree(layout, 0, layout.elements?.at);
  const element = growTree(layout.elements ?? { fields: [] }, MAX_WATCHES);
  const nodes = [...allOf(record), ...allOf(element)];
  const image = new WordImage(PLAN.FROM);
  const header = image.reserve(14);
  const nodesFrom = image.reserve(NODE_WORDS * nodes.length);
  nodes.forEach((node, index) => {
    node.address = nodesFrom + 4 * NODE_WORDS * index;
  });
  const next = new Map<Node, Node>();
  for (const node of nodes) writeNode(image, node, next);
  for (const node of nodes) image.set(node.address + 32, [next.get(node)?.address ?? 0]);

  const watches = writeWatches(image, layout);
  image.set(header, [record.address, element.address, nodesFrom, nodesFrom + 4 * NODE_WORDS * nodes.length]);
  image.set(header + 16, [4 * rowLength(layout), watches.address, ...watches.lengths, obscureWatches(layout)]);
  image.set(header + 36, writeTold(image, layout));
  const bytes = image.bytes();
  return bytes.length <= PLAN.TO - PLAN.FROM ? bytes : undefined;
}

function growTree(noted: Noted, firstWatch: number, elementsAt?: Keys): Node {
  const root = createNode("");
  noted.fields.forEach((keys, index) => {
    const pair = 4 * (ROW.FIELDS + 2 * index);
    const path = pathTo(root, keys);
    const last = markNoted(path);
    last.ownPairs.push(pair);
    for (const node of path) if (node !== last) node.pairsBelow.push(pair);
  });
  if (elementsAt !== undefined) {
    const path = pathTo(root, elementsAt);
    markNoted(path).traits |= TRAIT.ELEMENTS_HERE;
    for (const node of path) node.traits |= TRAIT.ELEMENTS_IN;
  }
  noted.watches?.forEach(({ under }, index) => {
    const bit = 1 << (firstWatch + index);
    for (const keys of under) {
      const path = pathTo(root, keys);
      path[path.length - 1].watches |= bit;
      for (const node of path.slice(0, -1)) node.watchesBelow |= bit;
    }
  });
  return root;
}

/** The nodes from the root to the end of a path, made where they are missing. */
function pathTo(root: Node, keys: Keys): Node[] {
  const path = [root];
  for (const key of keys) {
    const parent = path[path.length - 1];
    const child = parent.children.get(key) ?? createNode(key);
    parent.children.set(key, child);
    parent.traits |= TRAIT.PARENT;
    path.push(child);
  }
  return path;
}

/** Marks the nodes of a path that ends in something noted, and returns the last. */
function markNoted(path: readonly Node[]): Node {
  for (const node of path) node.traits |= TRAIT.NOTED;
  for (const node of path.slice(0, -1)) node.traits |= TRAIT.ON_THE_WAY;
  return path[path.length - 1];
}

function allOf(node: Node): Node[] {
  return [node, ...[...node.children.values()].flatMap(allOf)];
}

function createNode(key: string): Node {
  return {
    key: bytesOf(key),
    children: new Map(),
    ownPairs: [],
    pairsBelow: [],
    watches: 0,
    watchesBelow: 0,
    traits: 0,
    address: 0,
  };
}

/** UTF-8 cannot write a lone surrogate, so no unescaped text equals one that has it: 0xff is in no valid JSON. */
function bytesOf(text: string): Uint8Array {
  return text.isWellFormed() ? Buffer.from(text) : Uint8Array.of(0xff);
}

function writeNode(image: WordImage, node: Node, next: Map<Node, Node>): void {
  const pairs = image.words([...node.ownPairs, ...node.pairsBelow]);
  const slots = slotsOf([...node.children.values()], next);
  const ownTo = pairs + 4 * node.ownPairs.length;
  image.set(node.address, [node.watches, node.watchesBelow, node.traits]);
  image.set(node.address + 12, [pairs, ownTo, ownTo + 4 * node.pairsBelow.length]);
  image.set(node.address + 24, [image.text(node.key), node.key.length]);
  image.set(node.address + 36, [image.words(slots.map((child) => child?.address ?? 0)), slots.length - 1]);
  const guesses = image.reserve(GUESS_WORDS * (node.children.size > 0 ? GUESSES : 1));
  image.set(node.address + 48, [guesses, guesses]);
}

/** The least table in which no two children share a slot; where even the largest has some, `next` chains them. */
function slotsOf(children: readonly Node[], next: Map<Node, Node>): (Node | undefined)[] {
  let size = 1;
  while (size < LARGEST_SLOTS && new Set(children.map(({ key }) => slotOf(key, size))).size < children.length)
    size *= 2;
  const slots = new Array<Node | undefined>(size).fill(undefined);
  for (const child of children) {
    const slot = slotOf(child.key, size);
    const before = slots[slot];
    if (before !== undefined) next.set(child, before);
    slots[slot] = child;
  }
  return slots;
}

/** As `child` in `plan.as.ts` computes it. */
function slotOf(key: Uint8Array, size: number): number {
  const quote = 0x22;
  return (key.length + (key[0] ?? quote) * 3 + (key[key.length - 1] ?? quote) * 5) & (size - 1);
}

/** Writes which pairs the texts and the times stand in and where their cells are, and says where each list begins and the last ends. */
function writeTold(image: WordImage, layout: Layout): number[] {
  const lists = [layout, layout.elements ?? { fields: [] }].flatMap((noted) => [
    toldOf(noted.texts ?? [], firstTextCell(noted)),
    toldOf(noted.times ?? [], firstTimeCell(noted)),
  ]);
  const address = image.words(lists.flat());
  const ends = lists.map((_, index) => address + 4 * lists.slice(0, index + 1).flat().length);
  return [address, ...ends];
}

/** The offset of each field's pair and that of its cell. */
function toldOf(fields: readonly number[], firstCell: number): number[] {
  return fields.flatMap((field, index) => [4 * (ROW.FIELDS + 2 * field), 4 * (firstCell + 2 * index)]);
}

/** Writes the watches of records and those of elements behind; says which lengths (modulo 64) their keys have. */
function writeWatches(image: WordImage, layout: Layout): { address: number; lengths: [low: number, high: number] } {
  const lengths: [number, number] = [0, 0];
  const written = [layout.watches ?? [], layout.elements?.watches ?? []].flatMap((watches) => {
    if (watches.length > MAX_WATCHES)
      throw new RangeError(`${watches.length} watches, at most ${MAX_WATCHES} fit a row`);
    return Array.from({ length: MAX_WATCHES }, (_, index) => {
      const watch = watches[index];
      if (watch === undefined) return [0, 0, 0, 0, 0, 0];
      const bits = bytesOf(watch.key).length & 63;
      lengths[bits >> 5] |= 1 << (bits & 31);
      return watchWords(image, watch);
    });
  });
  return { address: image.words(written.flat()), lengths };
}

/** The bits of the watches whose keys are written with escapes. */
function obscureWatches(layout: Layout): number {
  const bitsOf = (noted: Noted | undefined) =>
    (noted?.watches ?? []).reduce((bits, { key }, index) => (isObscure(key) ? bits | (1 << index) : bits), 0);
  return bitsOf(layout) | (bitsOf(layout.elements) << MAX_WATCHES);
}

function watchWords(image: WordImage, watch: Watch): number[] {
  const key = bytesOf(watch.key);
  const values = (watch.values ?? []).map(bytesOf);
  const texts = (watch.containing ?? []).map(bytesOf);
  const list = image.words([...values, ...texts].flatMap((bytes) => [image.text(bytes), bytes.length]));
  const textsFrom = list + 8 * values.length;
  const acceptsAny = values.length + texts.length === 0;
  return [image.text(key), key.length, list, textsFrom, textsFrom + 8 * texts.length, acceptsAny ? 1 : 0];
}
