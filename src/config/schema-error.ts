import type { ErrorObject } from "ajv";
import type { Format } from "../options.ts";
import { closest, suggest } from "./closest.ts";
import type { Document } from "./document.ts";
import type { Finding } from "./finding.ts";
import { REMEDIES } from "./format-check.ts";
import { below, type Pointer, printPointer, quote } from "./pointer.ts";
import { isMap } from "./prepared-value.ts";

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
};

/** Formats that a number does not become right for by being put in quotes. */
const NEEDS_MORE: ReadonlySet<Format> = new Set(["duration", "listen", "url"]);

/** What ajv found in the options at `pointer`, in words for people. */
export function explainErrors(
  document: Document,
  errors: readonly ErrorObject[],
  pointer: Pointer,
  title: string,
): Finding[] {
  // What is missing is not told beside the option that was meant to be it.
  const misspelt = new Set(errors.filter(isUnknown).map((error) => `${error.instancePath}/${meant(error)}`));
  const mistyped = new Set(errors.filter(isOfType).map((error) => error.instancePath));
  return errors
    .filter((error) => isOfType(error) || !mistyped.has(error.instancePath))
    .filter(
      (error) => error.keyword !== "required" || !misspelt.has(`${error.instancePath}/${error.params.missingProperty}`),
    )
    .filter((error) => !document.spots.get(pointer + error.instancePath)?.broken)
    .map((error) => explain(document, error, pointer + error.instancePath, place(title, error.instancePath)));
}

function explain(document: Document, error: ErrorObject, pointer: Pointer, path: string): Finding {
  const { params, parentSchema, data, keyword } = error;
  switch (keyword) {
    case "additionalProperties": {
      const name = String(params.additionalProperty);
      const properties = propertiesOf(error);
      // It may be a secret under a wrong name.
      if (!isOpen(error, closest(name, properties))) document.secrets.add(below(pointer, name));
      const hint = suggest(name, properties) || ` There are: ${properties.join(", ")}`;
      return { pointer: below(pointer, name), atKey: true, path, message: `unknown option ${quote(name)}.${hint}` };
    }
    case "required":
      return { pointer, atKey: true, path, message: `"${params.missingProperty}" is missing` };
    case "dependencies": {
      const message = `needs "${params.missingProperty}" beside it`;
      return { pointer: below(pointer, String(params.property)), atKey: true, path, message };
    }
    case "type":
      return { pointer, path, message: explainType(String(params.type), data, parentSchema?.format) };
    case "enum": {
      const allowed = ((parentSchema?.enum ?? []) as unknown[]).map(String);
      const found = isHidden(document, pointer) ? "the value" : quote(String(data));
      const hint = isHidden(document, pointer) ? "" : suggest(String(data), allowed).replace(/^ /, ". ");
      return { pointer, path, message: `${found} is none of ${allowed.map(quote).join(", ")}${hint}` };
    }
    default:
      return { pointer, path, message: explainLimit(keyword, Number(params.limit), parentSchema) };
  }
}

function explainType(type: string, data: unknown, format: Format | undefined): string {
  if (data === null) return "is empty: write a value, or leave the line out";
  if (type === "integer" && typeof data === "number") return "expected a whole number";
  const found = TYPES[Array.isArray(data) ? "array" : typeof data];
  if (format && NEEDS_MORE.has(format) && typeof data === "number") return `a number is ${REMEDIES[format]}`;
  const isSingle = typeof data !== "object";
  const hint =
    type === "string" && isSingle ? ": put it in quotes" : type === "array" && isSingle ? ": put it in [ ]" : "";
  return `expected ${TYPES[type]}, found ${found}${hint}`;
}

function explainLimit(keyword: string, limit: number, schema: ErrorObject["parentSchema"]): string {
  const [entries, characters] = limit === 1 ? ["entry", "character"] : ["entries", "characters"];
  switch (keyword) {
    case "minimum":
      return `must be ${limit} or more`;
    case "maximum":
      return `must be ${limit} or less`;
    case "minItems":
    case "minProperties":
      return `needs ${limit} ${entries} or more`;
    case "minLength":
      return limit === 1 ? "must not be empty" : `needs ${limit} ${characters} or more`;
    case "pattern":
      return `does not fit ${schema?.pattern}${exampleOf(schema)}`;
    default:
      return `does not fit its schema: ${keyword}`;
  }
}

/** What to write instead of a text that does not fit its pattern, where the schema says. */
function exampleOf(schema: ErrorObject["parentSchema"]): string {
  const example: unknown = Array.isArray(schema?.examples) ? schema.examples[0] : schema?.default;
  return typeof example === "string" ? `: write ${example}, for example` : "";
}

const isOfType = ({ keyword }: ErrorObject): boolean => keyword === "type";

const isUnknown = (error: ErrorObject): boolean => error.keyword === "additionalProperties";

const meant = (error: ErrorObject): string | undefined =>
  closest(String(error.params.additionalProperty), propertiesOf(error));

const propertiesOf = ({ parentSchema }: ErrorObject): string[] =>
  isMap(parentSchema?.properties) ? Object.keys(parentSchema.properties) : [];

/** Whether an option is known, and may be shown. */
function isOpen({ parentSchema }: ErrorObject, name: string | undefined): boolean {
  const option = isMap(parentSchema?.properties) && name !== undefined ? parentSchema.properties[name] : undefined;
  return isMap(option) && option.secret !== true;
}

/** A place below a component, as people write it: `sinks.search.retry.max`. */
const place = (title: string, instancePath: string): string => {
  const path = printPointer(`/-${instancePath}`).slice(1);
  return title === "" ? path.replace(/^\./, "") : title + path;
};

const isHidden = ({ secrets, spots }: Document, pointer: Pointer): boolean =>
  secrets.has(pointer) || (spots.get(pointer)?.expressions.length ?? 0) > 0;
