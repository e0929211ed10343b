import { hostname } from "node:os";
import type { Event } from "./event.ts";
import type { FieldPath } from "./field-path.ts";
import { jsonText } from "./json-text.ts";
import type { TimeFormat } from "./time-format.ts";

/** What the configuration says, to the letter. */
export interface LiteralPart {
  readonly kind: "literal";
  readonly literal: string;
  text(event: Event): string;
}

/** What stands in a field: a string's value; of a number or a boolean the JSON text to the letter, so that no digit is lost. */
export interface FieldPart {
  readonly kind: "field";
  readonly path: FieldPath;
  /** Undefined where the field is absent, null, an object or an array. */
  text(event: Event): string | undefined;
}

/** The event's time in a form such as `%Y-%m-%d`. */
export interface TimePart {
  readonly kind: "time";
  readonly form: string;
  /** Holds no slash, unless the form does. */
  text(event: Event): string;
}

/** Where the event came from: `@host`. */
export interface OriginPart {
  readonly kind: "origin";
  readonly name: string;
  /** Undefined where nobody knows: what was read from a file has no `@remote`. */
  text(event: Event): string | undefined;
}

/** One stretch of a template. Its text is as it stands in the event: who makes a path of it has to encode it. */
export type TemplatePart = LiteralPart | FieldPart | TimePart | OriginPart;

const HOST = hostname();
const NUMBER_OR_BOOLEAN = /^[-\dtf]/;

/** What the places that begin with `@` stand for. */
export const ORIGINS: ReadonlyMap<string, (event: Event) => string | undefined> = new Map([
  ["@host", () => HOST],
  ["@source", ({ origin }: Event) => origin.source],
  ["@path", ({ origin }: Event) => origin.path],
  ["@offset", ({ offset }: Event) => String(offset)],
  ["@remote", ({ origin }: Event) => origin.remote],
]);

/** The part that is always the same. */
export function literalPart(literal: string): LiteralPart {
  return { kind: "literal", literal, text: () => literal };
}

/** The part that a field fills. */
export function fieldPart(path: FieldPath): FieldPart {
  return { kind: "field", path, text: (event) => event.text(path) ?? textOfScalar(jsonText(event, path)) };
}

/** The part that the event's time fills. */
export function timePart(form: string, format: TimeFormat): TimePart {
  return { kind: "time", form, text: (event) => format.print(event.time) };
}

/** The part that the event's origin fills; `name` is one of {@link ORIGINS}. */
export function originPart(name: string): OriginPart {
  return { kind: "origin", name, text: ORIGINS.get(name) ?? (() => undefined) };
}

function textOfScalar(json: string | undefined): string | undefined {
  return json !== undefined && NUMBER_OR_BOOLEAN.test(json) ? json : undefined;
}
