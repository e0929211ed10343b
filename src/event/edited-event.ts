import type { Json, JsonObject } from "../json/json.ts";
import { decodeValue, findLast, type Span } from "../json/walk.ts";
import { copySpan } from "./copy-span.ts";
import type { Event, FieldWatch, Origin } from "./event.ts";
import { parseTime, TIME_FIELDS } from "./event-time.ts";
import { type FieldPath, isWithin } from "./field-path.ts";
import { internText } from "./interned-text.ts";
import { type JsonTexts, jsonText } from "./json-text.ts";
import { Read } from "./read-rows.ts";
import { elementsOf } from "./scanned-event.ts";

const QUOTE = 0x22;

/**
 * An event with bytes of its own, made from another by edits. Fields that no edit touched are read from
 * the one it was made of, where the scan has noted them.
 */
export class EditedEvent implements Event, JsonTexts {
  readonly #base: Event;
  readonly #bytes: Buffer;
  readonly #touched: readonly FieldPath[];
  readonly #written: readonly FieldPath[];

  /** `touched` are the fields that edits named; `written` those among them that got a value. */
  constructor(base: Event, bytes: Buffer, touched: readonly FieldPath[], written: readonly FieldPath[]) {
    const earlier = base instanceof EditedEvent ? base : undefined;
    this.#base = earlier ? earlier.#base : base;
    this.#bytes = bytes;
    // Copies: a list that grew as it was made has room for sixteen more, as much as all the rest of the event.
    this.#touched = earlier ? [...earlier.#touched, ...touched] : touched.slice();
    this.#written = earlier ? [...earlier.#written, ...written] : written.slice();
  }

  get origin(): Origin {
    return this.#base.origin;
  }

  get offset(): number {
    return this.#base.offset;
  }

  get child(): number {
    return this.#base.child;
  }

  get time(): number {
    if (!TIME_FIELDS.some((path) => this.#isTouched(path))) return this.#base.time;
    for (const path of TIME_FIELDS) {
      const span = this.#find(path);
      if (span === undefined || this.#bytes[span.start] !== QUOTE) continue;
      const time = parseTime(this.#bytes, span.start + 1, span.end - 1);
      if (!Number.isNaN(time)) return time;
    }
    return this.origin.receivedAt;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  get bytes(): Uint8Array {
    return copySpan(this.#bytes);
  }

  get value(): JsonObject {
    return decodeValue(this.#bytes, 0, this.#bytes.length) as JsonObject;
  }

  copyTo(target: Uint8Array, offset: number): number {
    return offset + this.#bytes.copy(target, offset);
  }

  get(path: FieldPath): Json | undefined {
    if (!this.#isTouched(path)) return this.#base.get(path);
    const span = this.#find(path);
    return span && decodeValue(this.#bytes, span.start, span.end);
  }

  text(path: FieldPath): string | undefined {
    if (!this.#isTouched(path)) return this.#base.text(path);
    const span = this.#find(path);
    return span && this.#bytes[span.start] === QUOTE ? internText(this.#bytes, span.start, span.end) : undefined;
  }

  jsonText(path: FieldPath): string | undefined {
    if (!this.#isTouched(path)) return jsonText(this.#base, path);
    const span = this.#find(path);
    return span && this.#bytes[span.start] !== QUOTE ? internText(this.#bytes, span.start, span.end) : undefined;
  }

  has(path: FieldPath): boolean {
    return this.#isTouched(path) ? this.#find(path) !== undefined : this.#base.has(path);
  }

  raw(path: FieldPath): Uint8Array | undefined {
    if (!this.#isTouched(path)) return this.#base.raw(path);
    const span = this.#find(path);
    return span && copySpan(this.#bytes, span.start, span.end);
  }

  mayHold(sought: FieldWatch): boolean {
    return (
      sought.under.some((path) => this.#written.some((other) => isRelated(path, other))) || this.#base.mayHold(sought)
    );
  }

  elements(path: FieldPath): readonly Event[] | undefined {
    if (!this.#isTouched(path)) return this.#base.elements(path);
    const span = this.#find(path);
    return span && elementsOf(new Read(this.#bytes, this.offset, this.origin), span.start, 0, this.child);
  }

  #find(path: FieldPath): Span | undefined {
    return findLast(this.#bytes, 0, this.#bytes.length, path.keys);
  }

  #isTouched(path: FieldPath): boolean {
    return this.#touched.some((other) => isRelated(path, other));
  }
}

function isRelated(path: FieldPath, other: FieldPath): boolean {
  return isWithin(path, other) || isWithin(other, path);
}
