import type { Config, FilterConfig, SinkConfig } from "../config/config.ts";
import type { Counters } from "../observe/counts.ts";
import type { Health } from "../observe/health.ts";
import type { Log } from "../observe/log.ts";
import type { Context, Filter, Sink, SinkContext } from "../plugin.ts";
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

/** Makes the filters, each with its name. */
export async function makeStages(surroundings: Surroundings, filters: readonly FilterConfig[]): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const { name, type, definition, options } of filters) {
    const filter = await definition.create(options as never, contextOf(surroundings, name));
    stages.push({ name, type, filter });
  }
  return stages;
}

/** A sink's `when` as a filter, and the filters of its own behind it. */
export async function makeBranchStages(surroundings: Surroundings, sink: SinkConfig): Promise<Stage[]> {
  const own = await makeStages(surroundings, sink.filters);
  if (sink.when === undefined) return own;
  const name = `${sink.name}.when`;
  return [{ name, type: "when", filter: await makeWhen(sink.when, contextOf(surroundings, name)) }, ...own];
}

/** Lets events pass for which the condition holds, or cannot be decided. */
async function makeWhen(expression: string, context: Context): Promise<Filter> {
  const { Condition } = await import("../event/condition.ts");
  const { judge } = await import("../event/judge.ts");
  const condition = Condition.parse(expression);
  const holds = judge(condition, context, true);
  return { reads: condition.fields, apply: (events) => events.filter(holds) };
}

/** Makes a sink, which gets to know what its sources' records are. */
export async function makeSink(surroundings: Surroundings, { name, definition, options }: SinkConfig): Promise<Sink> {
  const decodings = new Map(surroundings.config.sources.map(({ key, decode }) => [key, decode]));
  const context: SinkContext = {
    ...contextOf(surroundings, name),
    decodingOf: (source) => decodings.get(source) ?? "json",
    claim: async (folder, mode) => surroundings.claims.claim(folder, mode),
  };
  return definition.create(options as never, context);
}
