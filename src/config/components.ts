import { byteCount, milliseconds, type OptionsOf } from "../options.ts";
import type { BatchLimits, FilterDefinition, ListenerDefinition, SinkDefinition, SourceDefinition } from "../plugin.ts";
import type { CheckedComponent, ComponentCheck } from "./component-check.ts";
import type { BufferPolicy, FilterConfig, RetryPolicy, SinkConfig, SourceConfig } from "./config.ts";
import type { sinkOptions, sourceOptions } from "./engine-options.ts";
import type { Section } from "./plugin-list.ts";
import { below, type Pointer, quote } from "./pointer.ts";
import { isMap } from "./prepared-value.ts";

type BatchOptions = OptionsOf<typeof sinkOptions.properties.batch>;
type RetryOptions = OptionsOf<typeof sinkOptions.properties.retry>;
type BufferOptions = OptionsOf<typeof sinkOptions.properties.buffer>;

/** A component's name becomes a part of file names and of metrics. */
const NAME = /^[A-Za-z0-9][\w-]{0,63}$/;

/** The sources of a pipeline, in the order of the file; worth something only when nothing was found wrong. */
export function readSources(section: unknown, components: ComponentCheck): Promise<SourceConfig[]> {
  return readSection(section, "sources", components, (key, { engine, ...component }, filters) => {
    const { decode, max_event_bytes } = engine as OptionsOf<typeof sourceOptions>;
    const definition = component.definition as SourceDefinition | ListenerDefinition;
    return { ...component, definition, key, decode, maxEventBytes: byteCount(max_event_bytes), filters };
  });
}

/** The sinks of a pipeline, in the order of the file; worth something only when nothing was found wrong. */
export function readSinks(section: unknown, components: ComponentCheck): Promise<SinkConfig[]> {
  return readSection(section, "sinks", components, (key, { engine, ...component }, filters) => {
    const { when, batch, retry, buffer } = engine as OptionsOf<typeof sinkOptions>;
    return {
      ...component,
      definition: component.definition as SinkDefinition,
      key,
      ...(when === undefined ? {} : { when }),
      filters,
      batch: batchLimits(batch as BatchOptions),
      retry: retryPolicy(retry as RetryOptions),
      ...(buffer && { buffer: bufferPolicy(buffer) }),
    };
  });
}

/** The filters in the list at `pointer`; worth something only when nothing was found wrong. */
export async function readFilters(
  list: unknown,
  pointer: Pointer,
  components: ComponentCheck,
): Promise<FilterConfig[]> {
  if (!Array.isArray(list)) return [];
  const checks = list.map((value, index) => components.check(value, "filters", below(pointer, index)));
  const checked = (await Promise.all(checks)).filter((component) => component !== undefined);
  return checked.map(({ engine: _, ...filter }) => ({ ...filter, definition: filter.definition as FilterDefinition }));
}

async function readSection<Component>(
  section: unknown,
  kind: Exclude<Section, "filters">,
  components: ComponentCheck,
  shape: (key: string, component: CheckedComponent, filters: FilterConfig[]) => Component,
): Promise<Component[]> {
  if (!isMap(section)) return [];
  const reads = Object.entries(section).map(async ([key, value]) => {
    const pointer = below(`/${kind}`, key);
    if (!NAME.test(key)) {
      const message = `${quote(key)} is no name: use letters, digits, "_" and "-", at most 64`;
      components.findings.push({ pointer, atKey: true, path: kind, message });
    }
    const own = isMap(value) ? value.filters : undefined;
    const [component, filters] = await Promise.all([
      components.check(value, kind, pointer),
      readFilters(own, below(pointer, "filters"), components),
    ]);
    return component && components.findings.length === 0 ? [shape(key, component, filters)] : [];
  });
  return (await Promise.all(reads)).flat();
}

const batchLimits = ({ max_events, max_bytes, max_age }: BatchOptions): Partial<BatchLimits> => ({
  ...(max_events === undefined ? {} : { events: max_events }),
  ...(max_bytes === undefined ? {} : { bytes: byteCount(max_bytes) }),
  ...(max_age === undefined ? {} : { age: milliseconds(max_age) }),
});

const bufferPolicy = ({ max_bytes, when_full }: BufferOptions): BufferPolicy => ({
  maxBytes: byteCount(max_bytes),
  whenFull: when_full,
});

const retryPolicy = ({ initial, max, max_elapsed }: RetryOptions): RetryPolicy => ({
  initial: milliseconds(initial),
  max: milliseconds(max),
  maxElapsed: max_elapsed === undefined ? Number.POSITIVE_INFINITY : milliseconds(max_elapsed),
});
