import { BYTE } from "./bytes.ts";
import { type FieldNode, type FieldTree, findChild, growFieldTree } from "./field-tree.ts";
import { Grammar } from "./grammar.ts";
import { FLAG, type Layout, MAX_WATCHES, MOST_ELEMENT_INTEGERS, ROW, rowLength } from "./layout.ts";
import { RowTable } from "./row-table.ts";
import { MAX_DEPTH, SCAN_ERROR } from "./scanner.ts";
import { WatchList } from "./watch-list.ts";

/** The kind of row that is being filled: a record's, or one of its elements'. */
interface Target {
  readonly tree: FieldTree;
  /** 1 for each node of the tree that this row has seen: who is seen twice is repeated. */
  readonly seen: Uint8Array;
  /** The row's offset in the table. */
  row: number;
}

const createTarget = (tree: FieldTree): Target => ({ tree, seen: new Uint8Array(tree.size), row: 0 });

/**
 * Reads records into rows. It recurses only along the layout's own paths; the values that no path
 * leads through are left to the grammar. Reading returns the offset behind the value, or -1 once the
 * grammar's `error` says why not; the rows added until then are the caller's to take back.
 */
export class RecordReader {
  readonly grammar: Grammar;
  readonly rows: RowTable;
  readonly #record: Target;
  readonly #element: Target | undefined;

  constructor(layout: Layout) {
    const { elements } = layout;
    this.grammar = new Grammar(new WatchList(layout, elements));
    this.rows = new RowTable(rowLength(layout));
    this.#record = createTarget(growFieldTree(layout, elements?.at, 0));
    this.#element = elements && createTarget(growFieldTree(elements, undefined, MAX_WATCHES));
  }

  /** Reads the record whose value begins at `at` into a row, and its elements into rows behind it. */
  readRecord(at: number): number {
    const { grammar, rows } = this;
    grammar.depth = 0;
    grammar.active = 0;
    grammar.raised = 0;
    const behind = this.#readRow(at, this.#record);
    if (behind < 0) return -1;
    const { row } = this.#record;
    if (grammar.buffer[at] !== BYTE.OPEN_OBJECT) rows.table[row + ROW.FLAGS] |= FLAG.NOT_AN_OBJECT;
    rows.table[row + ROW.FLAGS] |= (grammar.raised & 0xffff) << 8;
    return behind;
  }

  #readRow(at: number, target: Target): number {
    target.row = this.rows.add(at);
    target.seen.fill(0);
    const behind = this.#readNode(at, target.tree.root, target);
    if (behind >= 0) this.rows.table[target.row + ROW.END] = behind;
    return behind;
  }

  /** Reads the value of a path and notes what the layout asks of it. */
  #readNode(at: number, node: FieldNode, target: Target): number {
    const { grammar } = this;
    if (target.seen[node.id] === 1) this.#forget(node, target);
    target.seen[node.id] = 1;
    const outside = grammar.active;
    grammar.active |= node.watches;
    const first = at < grammar.end ? grammar.buffer[at] : 0;
    let behind: number;
    if (first === BYTE.OPEN_OBJECT && node.children.length > 0) behind = this.#readObject(at, node, target);
    else if (first === BYTE.OPEN_ARRAY && node.holdsElements) behind = this.#readElements(at, target.row);
    else behind = grammar.readValue(at);
    grammar.active = outside;
    if (behind < 0) return -1;
    const { pairs } = node;
    for (let index = 0; index < pairs.length; index++) {
      this.rows.table[target.row + pairs[index]] = at;
      this.rows.table[target.row + pairs[index] + 1] = behind;
    }
    return behind;
  }

  /** Takes back what an earlier occurrence of a path has left in the row. */
  #forget(node: FieldNode, { row }: Target): void {
    if (!node.noted) return;
    const { table } = this.rows;
    table[row + ROW.FLAGS] |= FLAG.REPEATED;
    for (const pair of node.pairsFrom) {
      table[row + pair] = 0;
      table[row + pair + 1] = 0;
    }
    if (!node.elementsFrom) return;
    this.rows.dropBehind(row);
    table[row + ROW.ELEMENTS] = 0;
    table[row + ROW.FLAGS] &= ~FLAG.NOT_ALL_OBJECTS;
  }

  #readObject(at: number, node: FieldNode, target: Target): number {
    const { grammar } = this;
    const { buffer, end } = grammar;
    if (grammar.depth === MAX_DEPTH) return grammar.fail(SCAN_ERROR.DEPTH, at);
    grammar.depth++;
    at = grammar.skipSpace(at + 1);
    if (at < end && buffer[at] === BYTE.CLOSE_OBJECT) {
      grammar.depth--;
      return at + 1;
    }
    for (;;) {
      const behindKey = grammar.readString(at);
      if (behindKey < 0) return -1;
      const value = grammar.readColon(behindKey);
      if (value < 0) return -1;
      const child = this.#lookUp(at + 1, behindKey - 1, value, node, target);
      at = child === undefined ? grammar.readValue(value) : this.#readNode(value, child, target);
      if (at < 0) return -1;
      if (at < end && buffer[at] <= BYTE.SPACE) at = grammar.skipSpace(at);
      const next = at < end ? buffer[at] : 0;
      if (next === BYTE.CLOSE_OBJECT) {
        grammar.depth--;
        return at + 1;
      }
      if (next !== BYTE.COMMA) return grammar.fail(SCAN_ERROR.SYNTAX, at);
      at = grammar.skipSpace(at + 1);
    }
  }

  /** The child of `node` for the key in `buffer[start, end)` that was read last; raises the flags that the key asks for. */
  #lookUp(start: number, end: number, value: number, node: FieldNode, target: Target): FieldNode | undefined {
    const { grammar } = this;
    if (grammar.escaped) {
      // It may be any key: the fields are not to be trusted, and any watch from here on may have missed its key.
      if (node.notedBelow) this.rows.table[target.row + ROW.FLAGS] |= FLAG.ESCAPED_KEY;
      grammar.raised |= grammar.active | node.watchesBelow;
      return undefined;
    }
    if (grammar.active !== 0) grammar.watchKey(start, end, value);
    return findChild(node, grammar.buffer, start, end);
  }

  #readElements(at: number, record: number): number {
    const { grammar, rows } = this;
    const { buffer, end } = grammar;
    if (grammar.depth === MAX_DEPTH) return grammar.fail(SCAN_ERROR.DEPTH, at);
    grammar.depth++;
    at = grammar.skipSpace(at + 1);
    if (at < end && buffer[at] === BYTE.CLOSE_ARRAY) {
      grammar.depth--;
      return at + 1;
    }
    let allObjects = true;
    let allNoted = true;
    for (;;) {
      if (at < end && buffer[at] !== BYTE.OPEN_OBJECT) allObjects = false;
      at = allObjects && allNoted ? this.#readElement(at) : grammar.readValue(at);
      if (at < 0) return -1;
      if (rows.used - record > MOST_ELEMENT_INTEGERS) {
        // Millions of tiny objects: whoever splits them has to find them again, if at all.
        rows.dropBehind(record);
        allNoted = false;
      }
      at = grammar.skipSpace(at);
      const next = at < end ? buffer[at] : 0;
      if (next === BYTE.CLOSE_ARRAY) break;
      if (next !== BYTE.COMMA) return grammar.fail(SCAN_ERROR.SYNTAX, at);
      at = grammar.skipSpace(at + 1);
    }
    grammar.depth--;
    if (!allObjects) {
      rows.dropBehind(record);
      rows.table[record + ROW.FLAGS] |= FLAG.NOT_ALL_OBJECTS;
    }
    rows.table[record + ROW.ELEMENTS] = (rows.used - record) / rows.rowLength - 1;
    return at + 1;
  }

  #readElement(at: number): number {
    const { grammar } = this;
    const element = this.#element as Target;
    const behind = this.#readRow(at, element);
    this.rows.table[element.row + ROW.FLAGS] |= (grammar.raised >>> MAX_WATCHES) << 8;
    grammar.raised &= 0xffff;
    return behind;
  }
}
