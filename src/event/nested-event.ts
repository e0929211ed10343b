import type { Json, JsonObject } from "../json/json.ts";
import type { Event, FieldWatch, Origin } from "./event.ts";
import type { FieldPath } from "./field-path.ts";
import { type JsonTexts, jsonText } from "./json-text.ts";

const CLOSE_BRACE = 0x7d;
const openings = new Map<string, Buffer>();

/** `{"under":…}` around the bytes of another event, which stay where they are until somebody writes them. */
export class NestedEvent implements Event, JsonTexts {
  readonly #inner: Event;
  readonly #under: string;
  readonly #opening: Buffer;

  /** `under` is of a configuration, not of an event: its bytes are kept for good. */
  constructor(inner: Event, under: string) {
    this.#inner = inner;
    this.#under = under;
    this.#opening = openings.get(under) ?? opening(under);
  }

  get origin(): Origin {
    return this.#inner.origin;
  }

  get offset(): number {
    return this.#inner.offset;
  }

  get child(): number {
    return this.#inner.child;
  }

  /** That of the inner event, wherever it is nested. */
  get time(): number {
    return this.#inner.time;
  }

  get byteLength(): number {
    return this.#opening.length + this.#inner.byteLength + 1;
  }

  get bytes(): Uint8Array {
    const bytes = new Uint8Array(this.byteLength);
    this.copyTo(bytes, 0);
    return bytes;
  }

  get value(): JsonObject {
    return { [this.#under]: this.#inner.value };
  }

  copyTo(target: Uint8Array, offset: number): number {
    target.set(this.#opening, offset);
    const end = this.#inner.copyTo(target, offset + this.#opening.length);
    target[end] = CLOSE_BRACE;
    return end + 1;
  }

  get(path: FieldPath): Json | undefined {
    if (path.keys[0] !== this.#under) return undefined;
    return path.rest === undefined ? this.#inner.value : this.#inner.get(path.rest);
  }

  text(path: FieldPath): string | undefined {
    if (path.keys[0] !== this.#under || path.rest === undefined) return undefined;
    return this.#inner.text(path.rest);
  }

  jsonText(path: FieldPath): string | undefined {
    if (path.keys[0] !== this.#under) return undefined;
    return path.rest === undefined ? Buffer.from(this.#inner.bytes).toString() : jsonText(this.#inner, path.rest);
  }

  has(path: FieldPath): boolean {
    return path.keys[0] === this.#under && (path.rest === undefined || this.#inner.has(path.rest));
  }

  raw(path: FieldPath): Uint8Array | undefined {
    if (path.keys[0] !== this.#under) return undefined;
    return path.rest === undefined ? this.#inner.bytes : this.#inner.raw(path.rest);
  }

  mayHold({ under }: FieldWatch): boolean {
    return under.some(({ keys }) => keys[0] === this.#under);
  }

  elements(path: FieldPath): readonly Event[] | undefined {
    if (path.keys[0] !== this.#under || path.rest === undefined) return undefined;
    return this.#inner.elements(path.rest);
  }
}

function opening(under: string): Buffer {
  const bytes = Buffer.from(`{${JSON.stringify(under)}:`);
  openings.set(under, bytes);
  return bytes;
}
