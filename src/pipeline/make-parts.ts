import { isDeepStrictEqual } from "node:util";
import type { FilterConfig, SinkConfig, SourceConfig } from "../config/config.ts";
import type { SinkPositions } from "../delivery/sink-position.ts";
import { undoableOf } from "../delivery/undoable-try.ts";
import { openBuffer } from "./buffered-branches.ts";
import { keyBehindFork } from "./buffered-sink.ts";
import { closeComponents } from "./close.ts";
import { makeFilter, makeSink, makeWhen } from "./components.ts";
import type { Foundation } from "./foundation.ts";
import { type FilterPart, type Parts, partsOnlyIn, type SinkPart, type SourcePart } from "./parts.ts";
import { resumeFrom } from "./record.ts";
import { makeSource } from "./sources.ts";

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
