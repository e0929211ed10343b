import { BodyGrammar, type RecordListener } from "./body-grammar.ts";
import { BYTE } from "./bytes.ts";

const NONE: Uint8Array = new Uint8Array(0);

/**
 * Turns a body that comes in pieces into records of one line each, in constant memory: values parted
 * by white space become lines, an array at the top becomes its elements, LF and CR between the tokens
 * of a value become spaces, a leading byte order mark goes, and all else stays byte for byte. Grammar,
 * UTF-8 and depth are checked on the way; what `push` has returned is worth nothing unless `end`
 * returns, too, for the body may turn out to be invalid at its last byte.
 */
export class Framer {
  readonly #output = new Output();
  readonly #grammar = new BodyGrammar(this.#output);

  /** Records completed so far. */
  get records(): number {
    return this.#output.records;
  }

  /** The framed bytes that `chunk` adds, as a copy. Throws `InvalidBody` once the body is known to be no JSON. */
  push(chunk: Uint8Array): Uint8Array {
    this.#output.open(chunk);
    this.#grammar.read(chunk);
    return this.#output.close();
  }

  /** The last framed bytes. Throws `InvalidBody` where a value is unfinished. A body without values has no records. */
  end(): Uint8Array {
    this.#output.open(NONE);
    this.#grammar.finish();
    return this.#output.close();
  }
}

/** Collects the records that lie in one chunk, in runs of bytes that go out together. */
class Output implements RecordListener {
  records = 0;
  #chunk = NONE;
  #framed = NONE;
  #length = 0;
  /** Where the run begins in the chunk; -1 outside records. */
  #run = -1;
  #hasLineEnds = false;

  open(chunk: Uint8Array): void {
    this.#chunk = chunk;
    // Between two records lies a byte at least that does not go out: their line ends add one byte in all.
    this.#framed = Buffer.allocUnsafe(chunk.length + 1);
    this.#length = 0;
    if (this.#run > 0) this.#run = 0;
  }

  close(): Uint8Array {
    if (this.#run >= 0) this.#copy(this.#chunk.length);
    const framed = this.#framed.subarray(0, this.#length);
    this.#chunk = NONE;
    this.#framed = NONE;
    return framed;
  }

  begin(at: number): void {
    this.#run = at;
  }

  lineEnd(): void {
    this.#hasLineEnds = true;
  }

  end(behind: number): void {
    this.#copy(behind);
    this.#framed[this.#length++] = BYTE.LF;
    this.#run = -1;
    this.records++;
  }

  #copy(end: number): void {
    const from = this.#length;
    this.#framed.set(this.#chunk.subarray(this.#run, end), from);
    this.#length += end - this.#run;
    if (this.#hasLineEnds) blankLineEnds(this.#framed, from, this.#length);
    this.#hasLineEnds = false;
  }
}

/** Turns the line ends in `bytes[start, end)`, valid JSON or a part of it, into spaces. */
export function blankLineEnds(bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    if (bytes[at] === BYTE.LF || bytes[at] === BYTE.CR) bytes[at] = BYTE.SPACE;
  }
}
