import type { Config, FilterConfig, SinkConfig } from "../config/config.ts";
import type { Counters } from "../observe/counts.ts";
import type { Health } from "../observe/health.ts";
import type { Log } from "../observe/log.ts";
import type { Context, Decoding, Filter, Sink, SinkContext } from "../plugin.ts";
import type { Claims } from "../store/claims.ts";
import type { FileSystem } from "../store/file-system.ts";
import type { Stage } from "./filter-chain.ts";

/** What every component gets. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly fileSystem: FileSystem;
  readonly fileSystemModule: string;
  readonly counters: Counters;
  /** Whoever has to wait on an error says so there, and the log hears it from there. */
  readonly health: Health;
  /** The folders that are this pipeline's own. */
  readonly claims: Claims;
  /** What the records of each source are, by its key; kept up to date as the configuration changes. */
  readonly decodings: Map<string, Decoding>;
}

/** The context of the component of this name. */
export function contextOf(
  { config, log, fileSystem, fileSystemModule, counters, health }: Surroundings,
  name: string,
): Context {
  return {
    name,
    log: log.child(name),
    baseDir: config.baseDir,
    fileSystem,
    fileSystemModule,
    count: (counter, by) => counters.add(name, counter, by),
    waiting: (what) => health.observe(name, what),
  };
}

/** Has a component made. @throws Error with its name before what it throws, as that may not say whose it is */
export async function make<Made>(name: string, create: () => Made | Promise<Made>): Promise<Made> {
  try {
    return await create();
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Makes a filter. @throws as {@link make} */
export async function makeFilter(
  surroundings: Surroundings,
  { name, definition, options }: FilterConfig,
): Promise<Filter> {
  return make(name, () => definition.create(options as never, contextOf(surroundings, name)));
}

/** A sink's condition as a filter: lets events pass for which it holds, or cannot be decided. */
export async function makeWhen(
  surroundings: Surroundings,
  { name: sink }: SinkConfig,
  expression: string,
): Promise<Stage> {
  const { Condition } = await import("../event/condition.ts");
  const { judge } = await import("../event/judge.ts");
  const name = `${sink}.when`;
  const condition = Condition.parse(expression);
  const holds = judge(condition, contextOf(surroundings, name), true);
  return { name, type: "when", filter: { reads: condition.fields, apply: (events) => events.filter(holds) } };
}

/** Makes a sink, which gets to know what its sources' records are. @throws as {@link make} */
export async function makeSink(surroundings: Surroundings, { name, definition, options }: SinkConfig): Promise<Sink> {
  const { claims, decodings } = surroundings;
  const context: SinkContext = {
    ...contextOf(surroundings, name),
    decodingOf: (source) => decodings.get(source) ?? "json",
    claim: async (folder, mode) => claims.claim(folder, mode),
  };
  return make(name, () => definition.create(options as never, context));
}
