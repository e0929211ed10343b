import type { ObjectSchema } from "../options.ts";

/** What the list needs to know of a definition; all of it is checked when it is loaded. */
interface Listed<Kind extends string> {
  readonly kind: Kind;
  readonly description: string;
  readonly options: ObjectSchema;
}

/** Imports a module that default-exports a definition; called when a pipeline names it. */
export type Lazy<Kind extends string = string> = () => Promise<{ readonly default: Listed<Kind> }>;

/** The components that pipeline.yaml can name without a path, by their `type`. */
export interface PluginList {
  readonly sources: Readonly<Record<string, Lazy<"source" | "listener">>>;
  readonly filters: Readonly<Record<string, Lazy<"filter">>>;
  readonly sinks: Readonly<Record<string, Lazy<"sink">>>;
}

/** A section of pipeline.yaml, and so what may stand in it. */
export type Section = keyof PluginList;

/** What a component of each section is called in a complaint. */
export const NOUNS = { sources: "source", filters: "filter", sinks: "sink" } as const satisfies Record<Section, string>;
