import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PluginDefinition } from "../plugin.ts";
import { suggest } from "./closest.ts";
import { type Lazy, NOUNS, type PluginList, type Section } from "./plugin-list.ts";
import { quote } from "./pointer.ts";
import { isMap, own } from "./prepared-value.ts";

/** A component that pipeline.yaml names cannot be had: the message says why, and what to do. */
export class PluginError extends Error {}

const PACKAGE_NAME = /^(?:@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*(?:\/[\w.~-]+)*$/i;
/** Asks our own hook to resolve a package from a folder: Node resolves from the importing module alone. */
const FROM_FOLDER = "sluice-from-folder:";
const SELF = new URL(import.meta.url.endsWith(".ts") ? "../index.ts" : "../index.js", import.meta.url).href;
const KINDS: Readonly<Record<Section, readonly string[]>> = {
  sources: ["source", "listener"],
  filters: ["filter"],
  sinks: ["sink"],
};

/**
 * The definition that a `type` names: one of the list, a module by its path, or a package.
 * @param baseDir where paths start and packages are looked for
 * @throws PluginError
 */
export async function loadPlugin(
  type: string,
  section: Section,
  baseDir: string,
  list: PluginList,
): Promise<PluginDefinition> {
  const listed = own<Lazy>(list[section], type);
  if (listed) return checkDefinition((await listed()).default, type, section);
  if (isPath(type)) return importDefinition(type, pathToFileURL(locate(type, baseDir)).href, section);
  // A package may be called like a component of another section; it is hardly the one that was meant.
  if (!PACKAGE_NAME.test(type) || sectionOf(type, list)) throw unknownType(type, section, list);
  registerResolution();
  const request = `${FROM_FOLDER}${encodeURIComponent(type)}?${encodeURIComponent(folderUrl(baseDir))}`;
  let url: string;
  try {
    url = import.meta.resolve(request);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND")
      throw new PluginError(`cannot use the package ${quote(type)}: ${firstLine(error)}`);
    throw unknownType(type, section, list);
  }
  // Node's own modules answer to names without a path, too.
  if (!url.startsWith("file:")) throw unknownType(type, section, list);
  return importDefinition(type, url, section);
}

async function importDefinition(type: string, url: string, section: Section): Promise<PluginDefinition> {
  registerResolution();
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(url)) as { readonly default?: unknown };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING") {
      throw new PluginError(`the package ${quote(type)} is TypeScript: a package must be published as JavaScript`);
    }
    throw new PluginError(`cannot load ${quote(type)}: ${firstLine(error)}`);
  }
  return checkDefinition(loaded.default, type, section);
}

function checkDefinition(definition: unknown, type: string, section: Section): PluginDefinition {
  const noun = NOUNS[section];
  const define = `define${noun[0].toUpperCase()}${noun.slice(1)}({ … })`;
  if (!isMap(definition) || typeof definition.create !== "function") {
    throw new PluginError(`${quote(type)} has no ${noun} as its default export: write export default ${define}`);
  }
  if (!KINDS[section].includes(String(definition.kind))) {
    throw new PluginError(`${quote(type)} is a ${definition.kind}, not a ${noun}: put it where it belongs`);
  }
  const { options } = definition;
  if (!isMap(options) || options.type !== "object" || !isMap(options.properties)) {
    throw new PluginError(`${quote(type)} declares no options: give it { type: "object", properties: { … } }`);
  }
  return definition as unknown as PluginDefinition;
}

function unknownType(type: string, section: Section, list: PluginList): PluginError {
  const noun = NOUNS[section];
  const names = Object.keys(list[section]);
  const elsewhere = sectionOf(type, list);
  if (elsewhere)
    return new PluginError(`${quote(type)} is a ${NOUNS[elsewhere]}, not a ${noun}: put it below ${elsewhere}`);
  const hint =
    suggest(type, names) || ` There are: ${names.join(", ")}; your own is a path (./my-${noun}.ts) or a package`;
  return new PluginError(`unknown ${noun} ${quote(type)}.${hint}`);
}

const sectionOf = (type: string, list: PluginList): Section | undefined =>
  (Object.keys(list) as Section[]).find((section) => Object.hasOwn(list[section], type));

function locate(type: string, baseDir: string): string {
  const file = type.startsWith("file:") ? fileURLToPath(type) : resolve(baseDir, type);
  if (!existsSync(file)) throw new PluginError(`there is no file ${quote(type)} beside pipeline.yaml`);
  return file;
}

let registered = false;

/**
 * Lets a plugin import from "sluice", wherever it lies and whatever is installed there: it gets the Sluice that runs,
 * so that both speak of the same classes. Once a process, and only where a plugin of the user's own is named.
 */
function registerResolution(): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === "sluice") return { url: SELF, shortCircuit: true };
      if (!specifier.startsWith(FROM_FOLDER)) return nextResolve(specifier, context);
      const [name, parentURL] = specifier.slice(FROM_FOLDER.length).split("?").map(decodeURIComponent);
      return nextResolve(name, { ...context, parentURL });
    },
  });
}

const isPath = (type: string): boolean => /^\.{1,2}\//.test(type) || type.startsWith("file:") || isAbsolute(type);

const folderUrl = (folder: string): string => pathToFileURL(`${folder}/pipeline.yaml`).href;

/** Of a syntax error only the stack says where it is. */
function firstLine(error: unknown): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const place = error instanceof SyntaxError ? stack?.split("\n", 1)[0] : undefined;
  return [message.split("\n", 1)[0], place].filter(Boolean).join(" at ").slice(0, 300);
}
