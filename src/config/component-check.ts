import type { ObjectSchema } from "../options.ts";
import type { PluginDefinition } from "../plugin.ts";
import type { Document } from "./document.ts";
import { filterOptions, sinkOptions, sourceOptions } from "./engine-options.ts";
import type { Finding } from "./finding.ts";
import { createOptionCheck, type OptionCheck } from "./option-check.ts";
import type { PluginList, Section } from "./plugin-list.ts";
import { loadPlugin, PluginError } from "./plugin-loader.ts";
import { below, type Pointer, printPointer, quote } from "./pointer.ts";
import { hideIn, isMap } from "./prepared-value.ts";

/** A component whose options are checked, those of its own apart from those that the engine has for all of its kind. */
export interface CheckedComponent {
  readonly name: string;
  readonly type: string;
  readonly definition: PluginDefinition;
  readonly options: Readonly<Record<string, unknown>>;
  readonly engine: Readonly<Record<string, unknown>>;
}

/** Checks the components of one document, one after the other; what is wrong gathers in `findings`. */
export interface ComponentCheck {
  readonly findings: Finding[];
  readonly warnings: Finding[];
  readonly checkOptions: OptionCheck;
  /** Undefined where there is a finding that leaves nothing to go on with. */
  check(value: unknown, section: Section, pointer: Pointer): Promise<CheckedComponent | undefined>;
}

/** What the engine has for every component of a section. */
export const COMMON_OPTIONS = {
  sources: sourceOptions,
  filters: filterOptions,
  sinks: sinkOptions,
} as const satisfies Record<Section, ObjectSchema>;

/** @param baseDir where relative paths start, and packages of plugins are looked for */
export function createComponentCheck(document: Document, baseDir: string, list: PluginList): ComponentCheck {
  const findings: Finding[] = [];
  const warnings: Finding[] = [];
  const checkOptions = createOptionCheck(document, baseDir);
  const schemas = new Map<PluginDefinition, ObjectSchema>();

  async function check(value: unknown, section: Section, pointer: Pointer): Promise<CheckedComponent | undefined> {
    const name = printPointer(pointer);
    if (document.spots.get(pointer)?.broken) return undefined;
    if (!isMap(value)) {
      findings.push({ pointer, message: "expected a map with a type and its options" });
      return undefined;
    }
    const common: ObjectSchema = COMMON_OPTIONS[section];
    const isEngines = (option: string): boolean => Object.hasOwn(common.properties, option);
    for (const [option, schema] of Object.entries(common.properties)) {
      // So that the defaults inside of it are filled in; what asks for an option of its own is there only where it is written.
      if ("properties" in schema && !schema.required && !Object.hasOwn(value, option)) value[option] = {};
    }
    const definition = await load(value.type, section, pointer);
    const schema = definition && together(definition, common, pointer);
    if (!definition || !schema) {
      findings.push(...(await checkOptions(pick(value, isEngines), common, pointer, name)));
      return undefined;
    }
    const found = await checkOptions(value, schema, pointer, name);
    findings.push(...found);
    const options = pick(value, (option) => !isEngines(option));
    const mistake = found.length === 0 ? mistakeIn(definition, options) : undefined;
    if (mistake !== undefined) {
      findings.push({ pointer, atKey: true, path: name, message: hideIn(mistake, document, options, pointer) });
    } else if (found.length === 0) {
      for (const message of warningsOf(definition, options)) warnings.push({ pointer, atKey: true, message });
    }
    return { name, type: String(value.type), definition, options, engine: pick(value, isEngines) };
  }

  async function load(type: unknown, section: Section, pointer: Pointer): Promise<PluginDefinition | undefined> {
    const place = below(pointer, "type");
    // That it is absent, or no text, is for the check of the options to say.
    if (typeof type !== "string" || type === "" || document.spots.get(place)?.broken) return undefined;
    try {
      return await loadPlugin(type, section, baseDir, list);
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      const isShown = document.spots.get(place)?.expressions.length === 0;
      const message = isShown ? error.message : "this type, which is not shown, cannot be loaded";
      findings.push({ pointer: place, path: printPointer(pointer), message });
      return undefined;
    }
  }

  /** The options of a component and of the engine in one, as they stand beside each other. */
  function together(definition: PluginDefinition, common: ObjectSchema, pointer: Pointer): ObjectSchema | undefined {
    const { options } = definition;
    const taken = Object.keys(options.properties).find((name) => Object.hasOwn(common.properties, name));
    if (taken !== undefined) {
      const message = `its definition has an option ${quote(taken)}, a name that is the engine's: rename it there`;
      findings.push({ pointer: below(pointer, "type"), path: printPointer(pointer), message });
      return undefined;
    }
    const schema: ObjectSchema = schemas.get(definition) ?? {
      type: "object",
      properties: { ...common.properties, ...options.properties },
      required: [...(common.required ?? []), ...(options.required ?? [])],
      ...(options.dependentRequired && { dependentRequired: options.dependentRequired }),
    };
    schemas.set(definition, schema);
    return schema;
  }

  return { findings, warnings, checkOptions, check };
}

/** What the component itself finds wrong with options that its schema takes. */
function mistakeIn(definition: PluginDefinition, options: Readonly<Record<string, unknown>>): string | undefined {
  const { check } = definition as { check?(options: Readonly<Record<string, unknown>>): void };
  try {
    check?.call(definition, options);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message;
  }
}

function warningsOf(definition: PluginDefinition, options: Readonly<Record<string, unknown>>): readonly string[] {
  const { warnings } = definition as { warnings?(options: Readonly<Record<string, unknown>>): readonly string[] };
  return warnings?.call(definition, options) ?? [];
}

const pick = (map: Record<string, unknown>, isWanted: (key: string) => boolean): Record<string, unknown> =>
  Object.fromEntries(Object.entries(map).filter(([key]) => isWanted(key)));
