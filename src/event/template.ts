import type { Event } from "./event.ts";
import { TIME_FIELDS } from "./event-time.ts";
import type { FieldPath } from "./field-path.ts";
import type { TemplatePart } from "./template-part.ts";
import { readTemplate, type TemplateOptions } from "./template-reader.ts";

export type { FieldPart, LiteralPart, OriginPart, TemplatePart, TimePart } from "./template-part.ts";
export type { TemplateOptions } from "./template-reader.ts";

/**
 * Text with places for fields (`{{ user.username }}`), for where the event came from (`{{ @host }}`) and for its
 * time (`%Y-%m-%d`). All places are recognised once, in `parse`: a value that looks like one is only text.
 */
export class Template {
  readonly parts: readonly TemplatePart[];
  /** What rendering reads, the time's fields included: for a component's `reads`. */
  readonly fields: readonly FieldPath[];

  private constructor(parts: readonly TemplatePart[]) {
    this.parts = parts;
    this.fields = [...new Set(parts.flatMap(fieldsOf))];
  }

  /** @throws SyntaxError that says which character is wrong, and what to write */
  static parse(text: string, options: TemplateOptions = {}): Template {
    return new Template(readTemplate(text, options));
  }

  /** The text for an event. A place that has none is left empty: who must tell it apart reads {@link parts}. */
  render(event: Event): string {
    let text = "";
    for (const part of this.parts) text += part.text(event) ?? "";
    return text;
  }
}

function fieldsOf(part: TemplatePart): readonly FieldPath[] {
  if (part.kind === "time") return TIME_FIELDS;
  return part.kind === "field" ? [part.path] : [];
}
