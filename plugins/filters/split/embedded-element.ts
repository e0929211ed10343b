import { randomUUID } from "node:crypto";
import {
  type Event,
  edit,
  type FieldPath,
  type FieldWatch,
  field,
  isWithin,
  type Json,
  type JsonObject,
  type Origin,
} from "../../../src/plugin.ts";

/** Stands in the parent where the elements will: no input can know it. */
const PLACE = Buffer.from(JSON.stringify(randomUUID()));

/** Together the elements of one list may bring their parent's other fields in so many bytes: a small event is no bomb. */
const MOST_BYTES = 256 * 2 ** 20;

/** What the elements of one list have in common. */
interface Parent {
  /** The parent with something else in the place of its list. */
  readonly shell: Event;
  readonly path: FieldPath;
  /** Its bytes before and behind that place. */
  readonly before: Buffer;
  readonly behind: Buffer;
}

/** Each element in the place of the list, the parent's other fields around it. They share the parent's bytes. */
export function embedElements(event: Event, path: FieldPath, elements: readonly Event[]): readonly Event[] {
  const shell = edit(event, { set: path, raw: PLACE });
  const bytes = Buffer.from(shell.bytes);
  if (bytes.length * elements.length > MOST_BYTES) {
    throw new RangeError(
      `${elements.length} elements would each repeat ${bytes.length} bytes of their parent, more than ${MOST_BYTES} together: ` +
        "split without keep_parent, or remove what they do not need before",
    );
  }
  const at = bytes.indexOf(PLACE);
  const parent = { shell, path, before: bytes.subarray(0, at), behind: bytes.subarray(at + PLACE.length) };
  return elements.map((element) => new EmbeddedElement(parent, element));
}

/** An element of a list in its parent, made of both when somebody writes it. */
class EmbeddedElement implements Event {
  readonly #parent: Parent;
  readonly #element: Event;

  constructor(parent: Parent, element: Event) {
    this.#parent = parent;
    this.#element = element;
  }

  get origin(): Origin {
    return this.#element.origin;
  }

  get offset(): number {
    return this.#element.offset;
  }

  get child(): number {
    return this.#element.child;
  }

  /** The element's own, and the parent's where it has none. */
  get time(): number {
    const { time } = this.#element;
    return time === this.origin.receivedAt ? this.#parent.shell.time : time;
  }

  get byteLength(): number {
    return this.#parent.before.length + this.#element.byteLength + this.#parent.behind.length;
  }

  get bytes(): Uint8Array {
    const bytes = new Uint8Array(this.byteLength);
    this.copyTo(bytes, 0);
    return bytes;
  }

  get value(): JsonObject {
    return JSON.parse(Buffer.from(this.bytes).toString()) as JsonObject;
  }

  copyTo(target: Uint8Array, offset: number): number {
    const { before, behind } = this.#parent;
    target.set(before, offset);
    const end = this.#element.copyTo(target, offset + before.length);
    target.set(behind, end);
    return end + behind.length;
  }

  get(path: FieldPath): Json | undefined {
    const { shell, path: place } = this.#parent;
    if (path === place) return this.#element.value;
    if (isWithin(path, place)) return this.#element.get(below(path, place));
    // A parent of the place shows the element in it.
    if (isWithin(place, path)) return path.keys.reduce((value: Json, key) => (value as JsonObject)[key], this.value);
    return shell.get(path);
  }

  text(path: FieldPath): string | undefined {
    const { shell, path: place } = this.#parent;
    if (path === place) return undefined;
    return isWithin(path, place) ? this.#element.text(below(path, place)) : shell.text(path);
  }

  has(path: FieldPath): boolean {
    const { shell, path: place } = this.#parent;
    return path !== place && isWithin(path, place) ? this.#element.has(below(path, place)) : shell.has(path);
  }

  raw(path: FieldPath): Uint8Array | undefined {
    const { shell, path: place } = this.#parent;
    if (path === place) return this.#element.bytes;
    if (isWithin(path, place)) return this.#element.raw(below(path, place));
    const bytes = shell.raw(path);
    if (bytes === undefined || !isWithin(place, path)) return bytes;
    const around = Buffer.from(bytes);
    const at = around.indexOf(PLACE);
    return Buffer.concat([around.subarray(0, at), this.#element.bytes, around.subarray(at + PLACE.length)]);
  }

  mayHold(_sought: FieldWatch): boolean {
    return true;
  }

  elements(path: FieldPath): readonly Event[] | undefined {
    const { shell, path: place } = this.#parent;
    if (path === place) return undefined;
    return isWithin(path, place) ? this.#element.elements(below(path, place)) : shell.elements(path);
  }
}

const below = (path: FieldPath, place: FieldPath): FieldPath => field(path.keys.slice(place.keys.length));
