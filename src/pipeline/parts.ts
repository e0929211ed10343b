import type { FilterConfig, SinkConfig, SourceConfig } from "../config/config.ts";
import type { UndoableSink } from "../delivery/undoable-try.ts";
import type { Sink } from "../plugin.ts";
import { type BufferedSink, bufferNameOf } from "./buffered-sink.ts";
import type { Opened } from "./close.ts";
import type { Stage } from "./filter-chain.ts";
import type { RunningSource } from "./sources.ts";

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
