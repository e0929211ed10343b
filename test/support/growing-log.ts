import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Ledger, Output } from "./ledger.ts";
import type { SeededRandom } from "./random.ts";

/**
 * A log that a program writes: it grows by whole and half lines, and is rotated. What stands in it between two rotations is a
 * stream of the ledger.
 */
export class GrowingLog {
  readonly path: string;
  readonly #ledger: Ledger;
  readonly #random: SeededRandom;
  #rotations = 0;
  /** The end of a line whose beginning is written. */
  #rest = Buffer.alloc(0);

  constructor(folder: string, name: string, ledger: Ledger, random: SeededRandom) {
    this.path = join(folder, name);
    this.#ledger = ledger;
    this.#random = random;
    appendFileSync(this.path, "");
  }

  /** The stream that is written to it now. */
  get stream(): string {
    return `${basename(this.path)}#${this.#rotations}`;
  }

  /** Writes so many lines; the last one often only in part, until the next call. */
  grow(count: number): void {
    const text = this.#ledger
      .give(this.stream, count)
      .map((line) => `${line}\n`)
      .join("");
    const bytes = Buffer.concat([this.#rest, Buffer.from(text)]);
    const cut = bytes.length - this.#random.below(Math.min(300, bytes.length));
    this.#rest = Buffer.from(bytes.subarray(cut));
    appendFileSync(this.path, bytes.subarray(0, cut));
  }

  /** Writes the rest of a line that is there in part. */
  finishLine(): void {
    appendFileSync(this.path, this.#rest);
    this.#rest = Buffer.alloc(0);
  }

  /** Gives the file another name, and begins a new one under the old name. */
  renameAndCreate(): void {
    this.finishLine();
    renameSync(this.path, `${this.path}.${++this.#rotations}`);
    appendFileSync(this.path, "");
  }

  /**
   * Copies the file and empties it.
   * @param outputs the files that the sinks have written, where nobody promised that copies are read: of what no sink has by
   * then, nothing is promised any longer; what one has, stays
   */
  copyAndTruncate(outputs?: () => Iterable<Output>): void {
    this.finishLine();
    copyFileSync(this.path, `${this.path}.${this.#rotations + 1}.copy`);
    truncateSync(this.path);
    if (outputs) this.#ledger.release(this.stream, outputs());
    this.#rotations++;
  }

  /** Gives the file another name, begins a new one, and compresses the old one. */
  compressAndCreate(): void {
    this.renameAndCreate();
    const rotated = `${this.path}.${this.#rotations}`;
    const unfinished = join(dirname(rotated), "compressing");
    writeFileSync(unfinished, gzipSync(readFileSync(rotated)));
    renameSync(unfinished, `${rotated}.gz`);
    unlinkSync(rotated);
  }
}
