import { isDeepStrictEqual } from "node:util";
import type { FilterConfig, SinkConfig, SourceConfig } from "../config/config.ts";
import type { SinkPositions } from "../delivery/sink-position.ts";
import { type UndoableSink, undoableOf } from "../delivery/undoable-try.ts";
import type { Sink } from "../plugin.ts";
import { bufferNameOf, openBuffer } from "./buffered-branches.ts";
import { type BufferedSink, keyBehindFork } from "./buffered-sink.ts";
import { closeComponents, type Opened } from "./close.ts";
import { makeFilter, makeSink, makeWhen } from "./components.ts";
import type { Stage } from "./filter-chain.ts";
import type { Foundation } from "./foundation.ts";
import { resumeFrom } from "./record.ts";
import { makeSource, type RunningSource } from "./sources.ts";

/** A filter, and what it was made of. */
export interface FilterPart extends Stage {
  readonly config: FilterConfig;
}

/** A source with its filters, and what they were made of. */
export interface SourcePart extends RunningSource {
  readonly name: string;
  readonly config: SourceConfig;
  readonly stages: readonly FilterPart[];
}

/** A sink with its filters, and what they were made of. */
export interface SinkPart {
  readonly name: string;
  readonly config: SinkConfig;
  readonly sink: Sink;
  /** The sink, where it can undo. */
  readonly undoable: UndoableSink | undefined;
  readonly stages: readonly Stage[];
  readonly filters: readonly FilterPart[];
  /** What stands before the sink, where it has a buffer. */
  readonly between: BufferedSink | undefined;
}

/** The components of a configuration, made and not yet wired. */
export interface Parts {
  /** The filters that all sources share. */
  readonly shared: readonly FilterPart[];
  readonly sources: readonly SourcePart[];
  readonly sinks: readonly SinkPart[];
}

/**
 * Makes the components of the foundation's configuration; those of `before` that were made of the same are kept as they are.
 * `reached` is how far the sinks may have come.
 * @throws whatever a component throws; what was made before is closed then, and what was kept is not
 */
export async function makeParts(foundation: Foundation, reached: SinkPositions, before?: Parts): Promise<Parts> {
  const { config } = foundation;
  const keys = config.sinks.map(keyBehindFork);
  const shared: FilterPart[] = [];
  const sinks: SinkPart[] = [];
  const sources: SourcePart[] = [];
  try {
    shared.push(...(await makeFilters(foundation, config.filters, before?.shared)));
    for (const sink of config.sinks) {
      sinks.push(await makeSinkPart(foundation, sink, before?.sinks.find(isNamed(sink.name))));
    }
    for (const source of config.sources) {
      const known = before?.sources.find(isNamed(source.name));
      const stages = await makeFilters(foundation, source.filters, known?.stages);
      const place = { resume: resumeFrom(reached, source.key, keys), journal: known?.journal };
      const running = known && isSameSource(known.config, source) ? known : await makeSource(foundation, source, place);
      sources.push({ ...running, name: source.name, config: source, stages });
    }
    return { shared, sources, sinks };
  } catch (error) {
    await closeComponents(partsOnlyIn({ shared, sources, sinks }, before), foundation);
    throw error;
  }
}

/** What of these components the others do not have: a journal may outlive its source. */
export function partsOnlyIn(parts: Parts, others: Parts = { shared: [], sources: [], sinks: [] }): Opened {
  const sources = new Set(others.sources.map(({ source }) => source));
  const journals = new Set(others.sources.map(({ journal }) => journal));
  const sinks = new Set(sinksIn(others).map(({ sink }) => sink));
  return {
    sinks: sinksIn(parts).filter(({ sink }) => !sinks.has(sink)),
    sources: parts.sources
      .filter(({ source }) => !sources.has(source))
      .map((source) => ({ ...source, journal: journals.has(source.journal) ? undefined : source.journal })),
  };
}

/** Everything that is written to: a buffer closes before the sink behind it. */
const sinksIn = ({ sinks }: Parts): Opened["sinks"] =>
  sinks.flatMap(({ name, sink, between }) => [
    ...(between ? [{ name: bufferNameOf(name), sink: between.intake }] : []),
    { name, sink },
  ]);

/** Every filter, each once. */
export const filtersOf = ({ shared, sources, sinks }: Parts): readonly FilterPart[] => [
  ...shared,
  ...sources.flatMap(({ stages }) => stages),
  ...sinks.flatMap(({ filters }) => filters),
];

async function makeFilters(
  foundation: Foundation,
  configs: readonly FilterConfig[],
  before: readonly FilterPart[] = [],
): Promise<FilterPart[]> {
  const parts: FilterPart[] = [];
  for (const config of configs) {
    const known = before.find(isNamed(config.name));
    if (known && isSame(known.config, config)) parts.push(known);
    else parts.push({ name: config.name, type: config.type, config, filter: await makeFilter(foundation, config) });
  }
  return parts;
}

async function makeSinkPart(
  foundation: Foundation,
  config: SinkConfig,
  known: SinkPart | undefined,
): Promise<SinkPart> {
  const { name } = config;
  const filters = await makeFilters(foundation, config.filters, known?.filters);
  const stages = config.when === undefined ? filters : [await makeWhen(foundation, config, config.when), ...filters];
  if (known && isSame(known.config, config)) return { ...known, config, stages, filters };
  const sink = await makeSink(foundation, config);
  try {
    const undoable = undoableOf(name, sink);
    const between = known?.between ?? (config.buffer && openBuffer(foundation, config, config.buffer));
    return { name, config, sink, undoable, stages, filters, between };
  } catch (error) {
    await sink.close?.();
    throw error;
  }
}

type Made = Pick<FilterConfig | SourceConfig | SinkConfig, "definition" | "options">;

/** Whether both make the same component; what the engine has around it is wired anew in any case. */
const isSame = (one: Made, other: Made): boolean =>
  one.definition === other.definition && isDeepStrictEqual(one.options, other.options);

const isSameSource = (one: SourceConfig, other: SourceConfig): boolean =>
  isSame(one, other) && one.decode === other.decode && one.maxEventBytes === other.maxEventBytes;

const isNamed =
  (name: string) =>
  (part: { readonly name: string }): boolean =>
    part.name === name;
