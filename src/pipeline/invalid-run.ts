/** Short lines that follow each other are kept as one dead letter up to so many bytes: a flood of them stays small. */
const LONGEST_RUN = 64 * 1024;
/** A longer line is worth a letter of its own, with its own reason. */
const LONGEST_SHORT = 256;

/** Records that are no events and follow each other. Its bytes are a view: they are there until the read is released. */
export class InvalidRun {
  readonly #reason: string;
  readonly #buffer: Buffer;
  readonly #start: number;
  #end: number;
  /** Offset of the first in the partition. */
  readonly offset: number;
  /** How many there are. */
  records = 1;

  constructor(reason: string, buffer: Buffer, start: number, end: number, offset: number) {
    this.#reason = reason;
    this.#buffer = buffer;
    this.#start = start;
    this.#end = end;
    this.offset = offset;
  }

  get reason(): string {
    return this.records === 1
      ? this.#reason
      : `${this.#reason}; ${this.records - 1} more lines behind it are no events`;
  }

  get byteLength(): number {
    return this.#end - this.#start;
  }

  /** With the line ends between the records. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Takes the next record, `buffer[start, end)`, in, if both are short and there is room for it. */
  extend(buffer: Buffer, start: number, end: number): boolean {
    if (buffer !== this.#buffer || end - this.#start > LONGEST_RUN || end - start > LONGEST_SHORT) return false;
    if (this.records === 1 && this.byteLength > LONGEST_SHORT) return false;
    this.#end = end;
    this.records++;
    return true;
  }
}
