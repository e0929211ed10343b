import type { ObjectSchema, Schema } from "../options.ts";
import { filterOptions, pipelineOptions, sinkOptions, sourceOptions } from "./engine-options.ts";
import { closedObject, dependenciesOf, type JsonSchema, present } from "./json-schema.ts";
import type { Section } from "./plugin-list.ts";
import type { Documented } from "./reference.ts";

const COMMON = { sources: sourceOptions, filters: filterOptions, sinks: sinkOptions };
/** A value that comes from the environment has the type that is wanted once it is there. */
const FROM_OUTSIDE = { type: "string", pattern: "\\$\\{" };
const DURATION = "^\\d+(\\.\\d+)?(ms|s|m|h|d)$";
/** Anything but the types that ship: a path or a package, whose options no schema here knows. */
const others = (names: readonly string[]): JsonSchema => ({
  type: "object",
  required: ["type"],
  properties: { type: { type: "string", not: { enum: names } } },
});

/** The JSON Schema of pipeline.yaml that editors complete and check by. */
export function editorSchema(components: readonly Documented[]): JsonSchema {
  const choice = (section: Section): JsonSchema => {
    const shipped = components.filter((component) => component.section === section);
    const names = shipped.map(({ name }) => name);
    return {
      type: "object",
      required: ["type"],
      properties: { type: { anyOf: [{ enum: names }, { type: "string" }] } },
      anyOf: [...shipped.map(({ name }) => ({ $ref: `#/$defs/${section}.${name}` })), others(names)],
    };
  };
  const definitions = components.map(({ section, name, description, options }): [string, JsonSchema] => {
    const { type: _, ...common } = withFilters(COMMON[section]);
    const own = translateAll(options);
    const properties = { type: { const: name, description }, ...own, ...common };
    const required = ["type", ...(options.required ?? [])];
    const closed = { type: "object", description, additionalProperties: false, properties, required };
    return [`${section}.${name}`, { ...closed, ...dependenciesOf(options) }];
  });
  const top = translateAll(pipelineOptions);
  const of = (section: Section, keyword: string): JsonSchema => ({
    ...(top[section] as JsonSchema),
    [keyword]: { $ref: `#/$defs/${section}` },
  });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A pipeline of Sluice",
    type: "object",
    additionalProperties: false,
    required: pipelineOptions.required,
    properties: {
      ...top,
      sources: of("sources", "additionalProperties"),
      filters: of("filters", "items"),
      sinks: of("sinks", "additionalProperties"),
    },
    $defs: {
      sources: choice("sources"),
      filters: choice("filters"),
      sinks: choice("sinks"),
      ...Object.fromEntries(definitions),
    },
  };
}

function withFilters(common: ObjectSchema): Readonly<Record<string, JsonSchema>> {
  const properties = translateAll(common);
  if (!("filters" in properties)) return properties;
  return { ...properties, filters: { ...properties.filters, items: { $ref: "#/$defs/filters" } } };
}

const translateAll = ({ properties }: ObjectSchema): Record<string, JsonSchema> =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, translate(schema)]));

function translate(schema: Schema): JsonSchema {
  const told = present({
    description: schema.description,
    examples: schema.examples,
    default: "default" in schema ? schema.default : undefined,
  });
  return { ...told, ...constraints(schema) };
}

function constraints(schema: Schema): JsonSchema {
  if ("anyValue" in schema) return {};
  switch (schema.type) {
    case "object": {
      if ("properties" in schema) return closedObject(schema, translate);
      const { minProperties } = schema;
      return {
        type: "object",
        additionalProperties: translate(schema.additionalProperties),
        ...present({ minProperties }),
      };
    }
    case "array":
      return { type: "array", items: translate(schema.items), ...present({ minItems: schema.minItems }) };
    case "string": {
      if (schema.format === "bytes") return { type: ["string", "integer"] };
      const { minLength } = schema;
      const pattern = schema.format === "duration" ? DURATION : schema.pattern;
      const limits = present({ enum: schema.enum, pattern });
      if (Object.keys(limits).length === 0) return { type: "string", ...present({ minLength }) };
      return { anyOf: [{ type: "string", ...limits, ...present({ minLength }) }, FROM_OUTSIDE] };
    }
    case "boolean":
      return { anyOf: [{ type: "boolean" }, FROM_OUTSIDE] };
    default: {
      const { type, minimum, maximum } = schema;
      return { anyOf: [{ type, ...present({ minimum, maximum }) }, FROM_OUTSIDE] };
    }
  }
}
