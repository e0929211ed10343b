import { join } from "node:path";
import type { Config, FilterConfig, SinkConfig, SourceConfig } from "../../src/config/config.ts";
import type { Event } from "../../src/event/event.ts";
import {
  defineFilter,
  defineSink,
  defineSource,
  type Filter,
  type RawBatch,
  type Rejection,
  type Sink,
  type Source,
} from "../../src/plugin.ts";

const NO_OPTIONS = { type: "object", properties: {} } as const;

/** A pipeline of components made in the test, as `loadConfig` would give it. */
export function configOf(
  folder: string,
  parts: {
    readonly sources: readonly SourceConfig[];
    readonly filters?: readonly FilterConfig[];
    readonly sinks: readonly SinkConfig[];
  } & Partial<Config>,
): Config {
  return {
    file: "pipeline.yaml",
    baseDir: folder,
    dataDir: join(folder, "data"),
    maxInFlightBytes: 8 << 20,
    checkpointInterval: 1000,
    shutdownTimeout: 5000,
    deadLetter: { path: join(folder, "data", "dead-letters.ndjson"), maxBytes: 1 << 20 },
    journal: { maxBytes: 1 << 30, durability: "fsync" },
    filters: [],
    secretFiles: [],
    warnings: [],
    ...parts,
  };
}

export function sourceOf(source: Source, parts: Partial<SourceConfig> = {}): SourceConfig {
  return {
    key: "given",
    name: "sources.given",
    type: "given",
    definition: defineSource({ description: "Made in the test.", options: NO_OPTIONS, create: () => source }),
    options: {},
    decode: "json",
    maxEventBytes: 32 << 20,
    filters: [],
    ...parts,
  };
}

export function filterOf(filter: Filter, name = "filters[0]"): FilterConfig {
  return {
    name,
    type: "given",
    definition: defineFilter({ description: "Made in the test.", options: NO_OPTIONS, create: () => filter }),
    options: {},
  };
}

export function sinkOf(sink: Sink, parts: Partial<SinkConfig> = {}): SinkConfig {
  return {
    key: "taken",
    name: "sinks.taken",
    type: "taken",
    definition: defineSink({ description: "Made in the test.", options: NO_OPTIONS, create: () => sink }),
    options: {},
    filters: [],
    batch: {},
    retry: { initial: 1, max: 5, maxElapsed: Number.POSITIVE_INFINITY },
    ...parts,
  };
}

/** A source that gives these lines, one read each, from where it is told to resume; then it ends. */
export function linesSource(lines: readonly string[], partition = "p1"): Source {
  return {
    async *read(resume) {
      let offset = 0;
      const from = resume.get(partition)?.offset ?? 0;
      for (const line of lines) {
        const bytes = Buffer.from(`${line}\n`);
        const batch: RawBatch = { bytes, partition, offset, position: { offset: offset + bytes.length } };
        if (offset >= from) yield batch;
        offset += bytes.length;
      }
    },
  };
}

/** A sink that keeps the texts of what it is given. */
export class KeepingSink implements Sink {
  readonly texts: string[] = [];
  readonly writes: number[] = [];
  readonly reject: (event: Event) => string | undefined;

  constructor(reject: (event: Event) => string | undefined = () => undefined) {
    this.reject = reject;
  }

  async write(events: readonly Event[]): Promise<readonly Rejection[]> {
    const rejections: Rejection[] = [];
    this.writes.push(events.length);
    for (const event of events) {
      const reason = this.reject(event);
      if (reason === undefined) this.texts.push(Buffer.from(event.bytes).toString());
      else rejections.push({ event, reason });
    }
    return rejections;
  }
}
