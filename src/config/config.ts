import type { BatchLimits, FilterDefinition, ListenerDefinition, SinkDefinition, SourceDefinition } from "../plugin.ts";

/** A component as pipeline.yaml has it, checked: its definition and its options, defaults filled in. */
interface Component<Definition> {
  /** Its place, as the log calls it: `sinks.per_user`, `sources.webhook.filters[0]`. */
  readonly name: string;
  /** Its `type`, as written. */
  readonly type: string;
  readonly definition: Definition;
  readonly options: Readonly<Record<string, unknown>>;
}

export type FilterConfig = Component<FilterDefinition>;

export interface SourceConfig extends Component<SourceDefinition | ListenerDefinition> {
  /** Its key below `sources`. */
  readonly key: string;
  readonly decode: "json" | "text";
  readonly maxEventBytes: number;
  readonly filters: readonly FilterConfig[];
}

/** How a failed write is tried again: the wait doubles from `initial` to `max`, and is drawn from 0 to that. */
export interface RetryPolicy {
  /** Milliseconds. */
  readonly initial: number;
  readonly max: number;
  /** After so many milliseconds the batch goes to the dead letters; Infinity: never. */
  readonly maxElapsed: number;
}

/** What a sink's buffer on the disk may hold, and what becomes of events when it is full. */
export interface BufferPolicy {
  /** The most bytes on the disk. */
  readonly maxBytes: number;
  /** `block`: the sources wait; `drop_newest`: the events are lost; `dead_letter`: they become dead letters. */
  readonly whenFull: "block" | "drop_newest" | "dead_letter";
}

export interface SinkConfig extends Component<SinkDefinition> {
  /** Its key below `sinks`. */
  readonly key: string;
  /** A CEL expression: only events that it holds for come here. */
  readonly when?: string;
  readonly filters: readonly FilterConfig[];
  /** What pipeline.yaml says; the sink's own wish, then the engine's default stand behind it. */
  readonly batch: Partial<BatchLimits>;
  readonly retry: RetryPolicy;
  /** Absent: what it does not take holds the sources. */
  readonly buffer?: BufferPolicy;
}

/** How much a journal may keep, and when it has a request. */
export interface JournalPolicy {
  /** The most bytes on the disk. */
  readonly maxBytes: number;
  /** `fsync`: what is accepted survives the machine's crash, `write`: the program's. */
  readonly durability: "fsync" | "write";
}

/** Where metrics and health are served. */
export interface ObserveConfig {
  readonly host: string;
  readonly port: number;
  /** Milliseconds: what has waited so long on an error makes the pipeline unready. */
  readonly unreadyAfter: number;
}

/** A whole pipeline.yaml, checked. All paths are absolute. */
export interface Config {
  /** The file it was read from, for messages. */
  readonly file: string;
  /** The folder that relative paths start from. */
  readonly baseDir: string;
  readonly dataDir: string;
  /** How many bytes may be read and not yet settled. */
  readonly maxInFlightBytes: number;
  /** What that may grow to where sinks ask for larger batches. Absent: it does not grow. */
  readonly mostInFlightBytes?: number;
  /** Milliseconds. */
  readonly checkpointInterval: number;
  readonly shutdownTimeout: number;
  readonly deadLetter: { readonly path: string; readonly maxBytes: number };
  /** Of each source that is pushed at. */
  readonly journal: JournalPolicy;
  /** Where it can be looked at; absent: nowhere. */
  readonly observe?: ObserveConfig;
  readonly sources: readonly SourceConfig[];
  readonly filters: readonly FilterConfig[];
  readonly sinks: readonly SinkConfig[];
  /** The files that `${file:…}` was read from. */
  readonly secretFiles: readonly string[];
  /** Allowed, but worth a word: `pipeline.yaml:12:5 …`. */
  readonly warnings: readonly string[];
}
