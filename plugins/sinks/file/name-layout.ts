import type { TemplatePart } from "../../../src/plugin.ts";
import { encodeValue, LEAST_ROOM, LONGEST_NAME, MISSING, shorten } from "./path-encoding.ts";

/** The most bytes that a time code prints: `%s` and `%F` have ten. */
const LONGEST_TIME = 12;

/** A text for each part that is not the same for all events; undefined where an event has none. */
export type PartTexts = readonly (string | undefined)[];

/** One name in the template of a path: a folder's, or the file's. */
export class NameLayout {
  /** How many of its parts differ from event to event. */
  readonly partCount: number;
  /** How many of those hold what events bring, which may be anything. */
  readonly valueCount: number;
  /** As the template has it: `{{ user }}-%F.log`. */
  readonly text: string;
  readonly #parts: readonly TemplatePart[];

  /** @throws SyntaxError where no file can have such a name */
  constructor(parts: readonly TemplatePart[]) {
    this.#parts = parts;
    this.text = parts.map(printPart).join("");
    this.partCount = parts.filter(({ kind }) => kind !== "literal").length;
    this.valueCount = parts.filter(isValue).length;
    if (this.text === "." || this.text === "..") {
      throw new SyntaxError(`"${this.text}" cannot stand behind a field or a time: write the folder that is meant`);
    }
    const longest = parts.reduce((sum, part) => sum + longestFixed(part), 0);
    if (longest + this.valueCount * LEAST_ROOM > LONGEST_NAME) {
      throw new SyntaxError(`"${this.text}" would make names of over ${LONGEST_NAME} bytes: part it by a slash`);
    }
  }

  /** The name, of at most {@link LONGEST_NAME} bytes. Where it would be longer, its values are shortened alike. */
  compose(texts: PartTexts): string {
    const mayFit = texts.every((text) => text === undefined || text.length <= LONGEST_NAME);
    if (mayFit) {
      const name = this.#join(texts, encodeValue);
      if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
    }
    const fixed = Buffer.byteLength(this.#join(texts, () => ""));
    const room = Math.floor((LONGEST_NAME - fixed) / this.valueCount);
    return this.#join(texts, (value) => shorten(value, room));
  }

  #join(texts: PartTexts, encode: (value: string) => string): string {
    let used = 0;
    let name = "";
    for (const part of this.#parts) {
      if (part.kind === "literal") {
        name += part.literal;
        continue;
      }
      const text = texts[used++];
      if (text === undefined) name += MISSING;
      else name += isValue(part) ? encode(text) : text;
    }
    return name;
  }
}

function isValue({ kind }: TemplatePart): boolean {
  return kind === "field" || kind === "origin";
}

function printPart(part: TemplatePart): string {
  if (part.kind === "literal") return part.literal;
  if (part.kind === "time") return part.form;
  return `{{ ${part.kind === "field" ? part.path.text : part.name} }}`;
}

/** The most bytes that a part takes whatever the event. */
function longestFixed(part: TemplatePart): number {
  if (part.kind === "literal") return Buffer.byteLength(part.literal);
  if (part.kind === "time") return Buffer.byteLength(part.form) + (LONGEST_TIME - 2) * part.form.split("%").length;
  return 0;
}
