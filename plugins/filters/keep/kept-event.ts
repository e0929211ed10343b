import type { Event, FieldPath, FieldWatch, Json, JsonObject, Origin } from "../../../src/plugin.ts";
import type { KeptTree } from "./kept-tree.ts";

/** What is kept of an event; the event itself where that is all of it. */
export function keepFields(event: Event, tree: KeptTree): Event {
  const bytes = tree.assemble(event) as Buffer;
  // Whatever the event held beside these fields would have made it longer.
  return bytes.length === event.byteLength ? event : new KeptEvent(event, tree, bytes);
}

/** An event of which only some fields are left: those are read where they were. */
class KeptEvent implements Event {
  readonly #whole: Event;
  readonly #tree: KeptTree;
  readonly #bytes: Buffer;

  constructor(whole: Event, tree: KeptTree, bytes: Buffer) {
    this.#whole = whole;
    this.#tree = tree;
    this.#bytes = bytes;
  }

  get origin(): Origin {
    return this.#whole.origin;
  }

  get offset(): number {
    return this.#whole.offset;
  }

  get child(): number {
    return this.#whole.child;
  }

  get time(): number {
    return this.#whole.time;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  get bytes(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes);
  }

  get value(): JsonObject {
    return JSON.parse(this.#bytes.toString()) as JsonObject;
  }

  copyTo(target: Uint8Array, offset: number): number {
    return offset + this.#bytes.copy(target, offset);
  }

  get(path: FieldPath): Json | undefined {
    if (this.#tree.keeps(path)) return this.#whole.get(path);
    const object = this.#tree.assemble(this.#whole, path);
    return object && (JSON.parse(object.toString()) as Json);
  }

  text(path: FieldPath): string | undefined {
    return this.#tree.keeps(path) ? this.#whole.text(path) : undefined;
  }

  has(path: FieldPath): boolean {
    return this.#tree.keeps(path) ? this.#whole.has(path) : this.#tree.assemble(this.#whole, path) !== undefined;
  }

  raw(path: FieldPath): Uint8Array | undefined {
    return this.#tree.keeps(path) ? this.#whole.raw(path) : this.#tree.assemble(this.#whole, path);
  }

  mayHold(sought: FieldWatch): boolean {
    return this.#whole.mayHold(sought);
  }

  elements(path: FieldPath): readonly Event[] | undefined {
    return this.#tree.keeps(path) ? this.#whole.elements(path) : undefined;
  }
}
