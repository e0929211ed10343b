import type { Format, Schema } from "../options.ts";
import type { Document } from "./document.ts";
import { below, type Pointer } from "./pointer.ts";

/** A text whose format is to be checked. */
export interface FormattedText {
  readonly pointer: Pointer;
  readonly text: string;
  readonly format: Format;
}

/**
 * Makes a value what its schema means, where YAML or the environment could not know: a number of bytes becomes text, a
 * text from the environment a number or true or false. Notes which values are secret.
 * @returns the texts whose format is to be checked
 */
export function prepareValue(
  document: Document,
  schema: Schema,
  container: Record<string, unknown>,
  pointer: Pointer,
): readonly FormattedText[] {
  const texts: FormattedText[] = [];

  function prepare(value: unknown, schema: Schema, place: Pointer): unknown {
    if ("anyValue" in schema) return value;
    if (schema.type === "object") {
      if (!isMap(value)) return value;
      for (const key of Object.keys(value)) {
        const property = "properties" in schema ? own(schema.properties, key) : schema.additionalProperties;
        if (property) value[key] = prepare(value[key], property, below(place, key));
      }
      return value;
    }
    if (schema.type === "array") {
      return Array.isArray(value)
        ? value.map((item, index) => prepare(item, schema.items, below(place, index)))
        : value;
    }
    if (schema.type !== "string") return isFromOutside(document, place) ? parseScalar(value, schema.type) : value;
    if (schema.secret) document.secrets.add(place);
    const text = schema.format === "bytes" && typeof value === "number" ? String(value) : value;
    if (typeof text === "string" && schema.format) texts.push({ pointer: place, text, format: schema.format });
    return text;
  }

  prepare(container, schema, pointer);
  return texts;
}

/** Whether a value is a map of a document. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A message about options, where what it quotes of texts that are secret or from outside is not shown. */
export function hideIn(message: string, document: Document, options: unknown, pointer: Pointer): string {
  const hidden = hiddenTexts(document, options, pointer);
  const isHidden = (quoted: string) => hidden.some((text) => text.includes(quoted) || quoted.includes(text));
  return message.replaceAll(/"([^"]+)"/g, (all, quoted: string) => (isHidden(quoted) ? '"***"' : all));
}

function hiddenTexts(document: Document, value: unknown, pointer: Pointer): string[] {
  if (typeof value === "string") {
    const isHidden = value !== "" && (document.secrets.has(pointer) || isFromOutside(document, pointer));
    return isHidden ? [value] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => hiddenTexts(document, item, below(pointer, key)));
}

/** A key's own value: `constructor` is an option that nobody declared. */
export const own = <Value>(map: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

const isFromOutside = ({ spots }: Document, pointer: Pointer): boolean =>
  (spots.get(pointer)?.expressions.length ?? 0) > 0;

function parseScalar(value: unknown, type: "integer" | "number" | "boolean"): unknown {
  if (typeof value !== "string") return value;
  if (type === "boolean") return value === "true" ? true : value === "false" ? false : value;
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
