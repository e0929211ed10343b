import { readFileSync } from "node:fs";
import { mapArena, PLAN, TABLE } from "./kernel/memory-map.ts";
import { planOf } from "./kernel/plan.ts";
import { type Layout, rowLength } from "./layout.ts";
import { createPlainScanner } from "./plain-scanner.ts";
import type { Rows, Scan, Scanner, ScannerMemory } from "./scanner.ts";
import { type TableOwner, TablePool } from "./table-pool.ts";
import { MOST_TEXTS, Vocabulary } from "./vocabulary.ts";

const DEFAULT_ARENA_BYTES = 64 * 1024 * 1024;
const LF = 0x0a;

/** Rows of one scan: of tiny records a few are enough at a time. */
const MOST_ROWS = 1 << 13;

/** What `kernel.wasm` exports; addresses are offsets in its memory. */
interface Kernel {
  prepare(plan: number, tableFrom: number, tableTo: number): void;
  lines(start: number, end: number): number;
  values(start: number, end: number): number;
  rowsEnd(): number;
  isVocabularyFull(): number;
  forgetVocabulary(): void;
}

let compiled: WebAssembly.Module | undefined;

/**
 * A scanner in WebAssembly SIMD. What lies in its memory it scans several times as fast as any other buffer.
 * Its memory never grows, so views of it stay valid; pages of the arena that nobody touched take no memory, those
 * that were scanned take an eighth more. `arenaBytes` is the length of the part to fill: 64 MiB unless told.
 */
export function createKernelScanner(options: { readonly arenaBytes?: number } = {}): Scanner & TableOwner {
  const { from, to, pages } = mapArena(options.arenaBytes ?? DEFAULT_ARENA_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  compiled ??= new WebAssembly.Module(readFileSync(new URL("./kernel/kernel.wasm", import.meta.url)));
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  return new KernelScanner(instance.exports as unknown as Kernel, memory.buffer, from, to);
}

class KernelScanner implements Scanner, TableOwner {
  readonly memory: ScannerMemory;
  readonly words: Int32Array;
  readonly tables = new TablePool();
  vocabulary = new Vocabulary(MOST_TEXTS);
  readonly #kernel: Kernel;
  readonly #plain = createPlainScanner();
  /** The plan that lies in the memory. */
  #prepared: Uint8Array | undefined;

  constructor(kernel: Kernel, buffer: ArrayBuffer, start: number, end: number) {
    this.#kernel = kernel;
    this.memory = { buffer: Buffer.from(buffer), start, end };
    this.words = new Int32Array(buffer);
  }

  prepare(layout: Layout): Scan {
    const plan = planOf(layout);
    const plain = this.#plain.prepare(layout);
    return plan === undefined ? plain : new KernelScan(this, rowLength(layout), plan, plain);
  }

  recycle(table: Int32Array): void {
    this.tables.recycle(table);
  }

  /** The kernel, with the plan in its memory and room in its vocabulary. */
  open(plan: Uint8Array, rowLength: number): Kernel {
    if (this.#prepared !== plan) {
      this.memory.buffer.set(plan, PLAN.FROM);
      const tableBytes = MOST_ROWS * rowLength * Int32Array.BYTES_PER_ELEMENT;
      this.#kernel.prepare(PLAN.FROM, TABLE.FROM, Math.min(TABLE.TO, TABLE.FROM + tableBytes));
      this.#prepared = plan;
    }
    if (this.#kernel.isVocabularyFull()) {
      this.#kernel.forgetVocabulary();
      this.vocabulary = new Vocabulary(MOST_TEXTS);
    }
    return this.#kernel;
  }
}

class KernelScan implements Scan {
  readonly #scanner: KernelScanner;
  readonly #rowLength: number;
  readonly #plan: Uint8Array;
  readonly #plain: Scan;

  constructor(scanner: KernelScanner, rowLength: number, plan: Uint8Array, plain: Scan) {
    this.#scanner = scanner;
    this.#rowLength = rowLength;
    this.#plan = plan;
    this.#plain = plain;
  }

  lines(buffer: Uint8Array, start: number, end: number): Rows {
    if (!this.#isInMemory(buffer, start, end)) return this.#plain.lines(buffer, start, end);
    const kernel = this.#scanner.open(this.#plan, this.#rowLength);
    const rows = this.#rows(kernel, kernel.lines(start, end));
    if (rows.count > 0 || rows.next === end) return rows;
    // One record has more elements than the table has rows: the plain scanner's table grows.
    const lineFeed = buffer.subarray(0, end).indexOf(LF, rows.next);
    return this.#plain.lines(buffer, rows.next, lineFeed < 0 ? end : lineFeed + 1);
  }

  values(buffer: Uint8Array, start: number, end: number): Rows {
    if (!this.#isInMemory(buffer, start, end)) return this.#plain.values(buffer, start, end);
    const kernel = this.#scanner.open(this.#plan, this.#rowLength);
    const rows = this.#rows(kernel, kernel.values(start, end));
    return rows.count > 0 || rows.next === end ? rows : this.#plain.values(buffer, rows.next, end);
  }

  #isInMemory(buffer: Uint8Array, start: number, end: number): boolean {
    const { buffer: memory, start: from, end: to } = this.#scanner.memory;
    return buffer.buffer === memory.buffer && buffer.byteOffset === 0 && start >= from && end <= to;
  }

  #rows(kernel: Kernel, next: number): Rows {
    const from = TABLE.FROM / Int32Array.BYTES_PER_ELEMENT;
    const length = kernel.rowsEnd() / Int32Array.BYTES_PER_ELEMENT - from;
    const { tables, words, vocabulary } = this.#scanner;
    const table = tables.take(length);
    table.set(words.subarray(from, from + length));
    return { table, count: length / this.#rowLength, vocabulary, next };
  }
}
