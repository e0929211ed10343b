import type { ObjectSchema, Schema } from "../options.ts";

/** A JSON Schema as ajv and editors know it. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * The schema that values are checked against: a map has the options that are declared and no others, and what only
 * people read is left out.
 */
export function strictSchema(schema: Schema): JsonSchema {
  if ("anyValue" in schema) return withDefault(schema, {});
  switch (schema.type) {
    case "object":
      return "properties" in schema ? closedObject(schema, strictSchema) : openMap(schema);
    case "array": {
      const { minItems } = schema;
      return withDefault(schema, { type: "array", items: strictSchema(schema.items), ...present({ minItems }) });
    }
    default: {
      const { description: _, examples: __, ...keywords } = schema;
      return keywords;
    }
  }
}

/** An object that has the properties declared and no others. */
export function closedObject(schema: ObjectSchema, translate: (property: Schema) => JsonSchema): JsonSchema {
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, translate(property)]),
    ),
    ...(schema.required ? { required: schema.required } : {}),
    ...dependenciesOf(schema),
  };
}

/** As draft 7, which editors know, calls `dependentRequired`. */
export const dependenciesOf = ({ dependentRequired }: ObjectSchema): JsonSchema =>
  dependentRequired ? { dependencies: dependentRequired } : {};

/** Without the keywords that have no value. */
export const present = (keywords: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined));

function openMap(schema: Extract<Schema, { additionalProperties: Schema }>): JsonSchema {
  const { minProperties } = schema;
  const additionalProperties = strictSchema(schema.additionalProperties);
  return withDefault(schema, { type: "object", additionalProperties, ...present({ minProperties }) });
}

const withDefault = (schema: { readonly default?: unknown }, keywords: JsonSchema): JsonSchema =>
  schema.default === undefined ? keywords : { ...keywords, default: schema.default };
