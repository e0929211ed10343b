import { hash } from "node:crypto";

/** How many bytes at the beginning, and how many before a position, tell one content from another. */
export const SAMPLE_BYTES = 1024;
/** As many bytes of the beginning as a file is compared with others by at first. */
export const LEAD_BYTES = 64;

/** What the bytes before a position were: hashes of the first of them, and of the last. */
export interface Fingerprint {
  readonly first: string;
  readonly last: string;
}

/** What a file begins with, of which nothing was settled: so many of its bytes, and their fingerprint. */
export interface Beginning {
  readonly bytes: number;
  readonly fingerprint: Fingerprint;
}

/** Of {@link SAMPLE_BYTES} at the most. Undefined where there is nothing. */
export function beginningOf(readAt: ReadAt): Beginning | undefined {
  const bytes = readAt(0, SAMPLE_BYTES);
  if (bytes.length === 0) return undefined;
  const trail = new Trail();
  trail.append(bytes);
  return { bytes: bytes.length, fingerprint: trail.fingerprint };
}

/** Whether a content begins like this. */
export const beginsWith = (readAt: ReadAt, { bytes, fingerprint }: Beginning): boolean =>
  Trail.at(bytes, readAt).matches(fingerprint);

/** Reads up to `length` bytes at `offset` of a content; fewer where it ends. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** The last bytes before a position, and the fingerprint of all before it, kept up to date while reading goes on. */
export class Trail {
  readonly #last = Buffer.allocUnsafe(SAMPLE_BYTES);
  #length = 0;
  /** The hash of the first bytes, once all of them are there. */
  #first: string | undefined;
  #fingerprint: Fingerprint | undefined;

  /** The trail of what lies before an offset. */
  static at(offset: number, readAt: ReadAt): Trail {
    const trail = new Trail();
    trail.passTo(offset, readAt);
    return trail;
  }

  /** The bytes right before the position, {@link SAMPLE_BYTES} of them at the most. Valid until the trail goes on. */
  get last(): Buffer {
    return this.#last.subarray(0, this.#length);
  }

  get fingerprint(): Fingerprint {
    if (!this.#fingerprint) {
      const last = digest(this.last);
      this.#fingerprint = { first: this.#first ?? last, last };
    }
    return this.#fingerprint;
  }

  /** Whether a content of this size ends with bytes right before the position, which lies at `offset`: with `least` at least. */
  isEndOf(readAt: ReadAt, size: number, offset: number, least: number): boolean {
    const { last } = this;
    const start = offset - last.length;
    const length = size - start;
    if (length < Math.min(least, size) || length > last.length) return false;
    return last.subarray(0, length).equals(readAt(start, length));
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#fingerprint = undefined;
    if (this.#first === undefined && this.#length + bytes.length >= SAMPLE_BYTES) {
      this.#first = digest(Buffer.concat([this.last, bytes.subarray(0, SAMPLE_BYTES - this.#length)]));
    }
    const fresh = bytes.length > SAMPLE_BYTES ? bytes.subarray(bytes.length - SAMPLE_BYTES) : bytes;
    const kept = Math.min(this.#length, SAMPLE_BYTES - fresh.length);
    this.#last.copyWithin(0, this.#length - kept, this.#length);
    this.#last.set(fresh, kept);
    this.#length = kept + fresh.length;
  }

  /** Goes on to an offset farther on, without all that lies between. */
  passTo(offset: number, readAt: ReadAt): void {
    if (this.#first === undefined) {
      this.#length = 0;
      this.append(readAt(0, Math.min(offset, SAMPLE_BYTES)));
    }
    if (offset > SAMPLE_BYTES) this.append(readAt(offset - SAMPLE_BYTES, SAMPLE_BYTES));
  }

  /** Whether it may yet match: false as soon as the first bytes are others. */
  mayMatch({ first }: Fingerprint): boolean {
    return this.#first === undefined || this.#first === first;
  }

  /** Whether what lay before the position is what lay before one recorded. */
  matches({ first, last }: Fingerprint): boolean {
    const { fingerprint } = this;
    return fingerprint.first === first && fingerprint.last === last;
  }
}

const digest = (bytes: Uint8Array): string => hash("sha256", bytes, "base64url").slice(0, 16);
