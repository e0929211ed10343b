import { field } from "./field-path.ts";
import { fieldPart, literalPart, ORIGINS, originPart, type TemplatePart, timePart } from "./template-part.ts";
import { TIME_CODES } from "./time-code.ts";
import { TimeFormat } from "./time-format.ts";
import { type TimeZone, timeZone } from "./time-zone.ts";

/** How a template is read. */
export interface TemplateOptions {
  /** Whether `%Y` and the like stand for the event's time; without it a per cent sign is itself. */
  readonly times?: boolean | undefined;
  /** The zone of those times, by its IANA name: UTC unless told. */
  readonly timeZone?: string | undefined;
}

/** A place in braces (a quoted key may hold braces itself), a time code, or text up to the next that may be one. */
const TOKEN = /\{\{(?<place>(?:[^"'}]|\}(?!\})|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*)\}\}|%(?<code>.?)|[^{%]+|\{/suy;

/** The parts of a template, in order. @throws SyntaxError that says which character is wrong, and what to write */
export function readTemplate(text: string, { times = false, timeZone: zone = "UTC" }: TemplateOptions): TemplatePart[] {
  const parts = new PartList(timeZone(zone));
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const { 0: token, groups } = TOKEN.exec(text) as RegExpExecArray;
    if (groups?.place !== undefined) parts.addPlace(readPlace(groups.place.trim(), at));
    else if (text.startsWith("{{", at)) throw wrongAt(at, 'a place that is opened by "{{" has to end in "}}"');
    else if (!times || groups?.code === undefined) parts.addText(token);
    else if (groups.code === "%") parts.addText("%");
    else if (TIME_CODES.has(groups.code)) parts.addTimeCode(token);
    else
      throw wrongAt(at, `${token === "%" ? "a % at the end" : `"${token}"`} is no time: write one of ${listCodes()}`);
  }
  return parts.end();
}

function readPlace(name: string, at: number): TemplatePart {
  if (ORIGINS.has(name)) return originPart(name);
  if (name === "") throw wrongAt(at, "nothing stands between the braces: write {{ path.to.field }}");
  if (name.startsWith("@")) {
    throw wrongAt(
      at,
      `"${name}" is unknown: write ${[...ORIGINS.keys()].join(", ")}, or ["${name}"] for a field of that name`,
    );
  }
  try {
    return fieldPart(field(name));
  } catch (error) {
    throw wrongAt(at, (error as Error).message);
  }
}

function wrongAt(index: number, reason: string): SyntaxError {
  return new SyntaxError(`at character ${index + 1} of the template: ${reason}`);
}

function listCodes(): string {
  return `${[...TIME_CODES.keys()].map((letter) => `%${letter}`).join(" ")}, or %% for a per cent sign`;
}

/** Gathers parts. Time codes and the text between them become one part, as far as no slash parts them: one look-up an event. */
class PartList {
  readonly #zone: TimeZone;
  readonly #parts: TemplatePart[] = [];
  #form = "";
  #text = "";

  constructor(zone: TimeZone) {
    this.#zone = zone;
  }

  addText(text: string): void {
    this.#text += text;
  }

  addTimeCode(code: string): void {
    if (this.#form === "" || this.#text.includes("/")) this.#flush();
    this.#form += this.#text.replaceAll("%", "%%") + code;
    this.#text = "";
  }

  addPlace(part: TemplatePart): void {
    this.#flush();
    this.#parts.push(part);
  }

  end(): TemplatePart[] {
    this.#flush();
    return this.#parts;
  }

  #flush(): void {
    if (this.#form !== "") this.#parts.push(timePart(this.#form, new TimeFormat(this.#form, this.#zone)));
    if (this.#text !== "") this.#parts.push(literalPart(this.#text));
    this.#form = "";
    this.#text = "";
  }
}
