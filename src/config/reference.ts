import type { Format, ObjectSchema, Schema } from "../options.ts";
import { filterOptions, pipelineOptions, sinkOptions, sourceOptions } from "./engine-options.ts";
import { NOUNS, type Section } from "./plugin-list.ts";

/** A component as the reference tells of it. */
export interface Documented {
  readonly section: Section;
  /** Its `type` in pipeline.yaml. */
  readonly name: string;
  readonly description: string;
  readonly options: ObjectSchema;
}

const GENERATED = "<!-- Made by `npm run docs` from the schemas of the options: change those. -->";
const FORMATS = {
  duration: "[duration](../pipeline.md#durations-and-sizes)",
  bytes: "[size](../pipeline.md#durations-and-sizes)",
  field: "field path",
  template: "template",
  time_template: "template with time codes",
  condition: "CEL condition",
  listen: "`host:port`",
  url: "URL",
  path: "path",
  pem: "path of a PEM file",
} as const satisfies Record<Format, string>;
/** Values that other sections of the reference tell of. */
const COMPONENTS = { sources: "map of sources", filters: "list of filters", sinks: "map of sinks" } as const;

/** The Markdown page of a component. */
export function printComponent({ section, name, description, options }: Documented): string {
  const noun = NOUNS[section];
  const table = printOptions(options);
  return page(
    `\`${name}\` (${noun})`,
    description,
    "## Options",
    table === "" ? "None of its own." : table,
    `What every ${noun} has beside them stands in [pipeline.yaml](../pipeline.md#every-${noun}).`,
  );
}

/** The Markdown page of what the engine itself reads. It lies one folder above those of the components. */
export const printPipeline = (): string => pipelinePage().replaceAll("(../pipeline.md#", "(#");

const pipelinePage = (): string =>
  page(
    "pipeline.yaml",
    "Events come in from `sources`, follow the shared `filters` in their order, and go out to all `sinks`.",
    "## At the top",
    printOptions(pipelineOptions),
    "## Every source",
    printOptions(sourceOptions),
    "## Every filter",
    printOptions(filterOptions),
    "## Every sink",
    printOptions(sinkOptions),
    "## Durations and sizes",
    "A duration is a number and a unit: `250ms`, `5s`, `1m`, `2h`, `7d`. A size is a number of bytes, with a unit or " +
      "without: `65536`, `64KiB`, `16MiB`, `1GiB`, or `64KB`, `16MB`, `1GB` for powers of ten.",
    "## Values from outside",
    "In any text, `${NAME}` is a variable of the environment, `${NAME:-default}` has a default for one that is unset or " +
      "empty, and `${file:/path}` is the text of a secret's file, without the line end behind it. `$${` stands for `${`. " +
      "What comes from outside is shown in no complaint.",
  );

/** The Markdown page that names all others. */
export function printIndex(components: readonly Documented[]): string {
  const parts = (Object.keys(NOUNS) as Section[]).flatMap((section) => {
    const rows = components
      .filter((component) => component.section === section)
      .map(({ name, description }) => `| [\`${name}\`](${section}/${name}.md) | ${cell(description)} |`);
    return [`## ${section[0].toUpperCase()}${section.slice(1)}`, ["| Type | |", "|---|---|", ...rows].join("\n")];
  });
  return page(
    "Reference",
    "What stands around the components: [pipeline.yaml](pipeline.md). For editors: " +
      "[a JSON Schema of pipeline.yaml](pipeline.schema.json).",
    ...parts,
  );
}

function printOptions(schema: ObjectSchema): string {
  const rows = optionRows(schema, "");
  return rows.length === 0 ? "" : ["| Option | Value | Default | |", "|---|---|---|---|", ...rows].join("\n");
}

function optionRows({ properties, required = [] }: ObjectSchema, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const standard = required.includes(name) ? "required" : printDefault(schema);
    const row = `| \`${prefix}${name}\` | ${cell(valueColumn(name, schema))} | ${cell(standard)} | ${cell(explanation(schema))} |`;
    return "properties" in schema
      ? [row, ...optionRows(schema, `${prefix}${name}.`)]
      : [row, ...itemRows(schema, name)];
  });
}

/** The options of the maps that a list or a map of the user's own keys holds. */
function itemRows(schema: Schema, name: string): string[] {
  if ("items" in schema && "properties" in schema.items) return optionRows(schema.items, `${name}[].`);
  if (!("additionalProperties" in schema) || !("properties" in schema.additionalProperties)) return [];
  return optionRows(schema.additionalProperties, `${name}.*.`);
}

const valueColumn = (name: string, schema: Schema): string =>
  holdsAnything(schema) && Object.hasOwn(COMPONENTS, name) ? COMPONENTS[name as Section] : typeOf(schema);

const holdsAnything = (schema: Schema): boolean =>
  ("items" in schema && "anyValue" in schema.items) ||
  ("additionalProperties" in schema && "anyValue" in schema.additionalProperties);

function typeOf(schema: Schema): string {
  if ("anyValue" in schema) return "any value";
  switch (schema.type) {
    case "string":
      if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
      return schema.format ? FORMATS[schema.format] : "text";
    case "integer":
    case "number":
      return (schema.type === "integer" ? "whole number" : "number") + range(schema.minimum, schema.maximum);
    case "boolean":
      return "`true`, `false`";
    case "array":
      return `list: ${typeOf(schema.items)}`;
    case "object":
      return "properties" in schema ? "map" : `map: ${typeOf(schema.additionalProperties)}`;
  }
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, ${minimum} or more`;
  return maximum === undefined ? "" : `, ${maximum} or less`;
}

function explanation(schema: Schema): string {
  const examples = (schema.examples ?? []).map((example) => `\`${printValue(example)}\``);
  return [
    schema.description,
    examples.length > 0 ? `For example ${examples.join(", ")}.` : undefined,
    "secret" in schema ? "Never shown." : undefined,
  ]
    .filter(Boolean)
    .join(" ");
}

const printDefault = (schema: Schema): string =>
  "default" in schema && schema.default !== undefined ? `\`${printValue(schema.default)}\`` : "";

const printValue = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");

const page = (title: string, ...parts: readonly string[]): string =>
  `${[GENERATED, `# ${title}`, ...parts].join("\n\n")}\n`;
