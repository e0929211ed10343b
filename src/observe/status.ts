import type { SinkCounts } from "./counts.ts";
import type { Lag, PartitionLag, SinkLag } from "./lag.ts";

/** How a source is doing; kept up to date while it reads. */
export interface SourceStatus {
  readonly name: string;
  /** Events and bytes read since the start. */
  events: number;
  bytes: number;
  /** It waits for input, or for room in the window. */
  waiting: boolean;
  lag: Lag;
}

/** How a source is doing, at one moment. */
export interface SourceReport {
  /** `sources.audit_log` */
  readonly name: string;
  /** Events and bytes read since the start. */
  readonly events: number;
  readonly bytes: number;
  /** Bytes known to wait behind what was read. */
  readonly behind: number;
  /** How long some have waited at the longest, in milliseconds. */
  readonly behindFor: number;
  /** It waits for input, or for room in the window. */
  readonly waiting: boolean;
  /** How many files, or other partitions, are being read. */
  readonly partitions: number;
  /** Where it is pushed at: the bytes of its journal, and the most that it may have. */
  readonly journal?: Fill;
}

/** How a sink is doing, at one moment; counts are sums since the start. */
export interface SinkReport extends SinkCounts {
  /** `sinks.per_user` */
  readonly name: string;
  /** received + created = delivered + filtered + deadLettered + alreadyDelivered (+ buffer.held + buffer.dropped). */
  readonly addsUp: boolean;
  /** How far it is behind what was read. */
  readonly lag: SinkLag;
  /** Where it has a buffer: its fill, and what became of events on the way through it. They belong to the sum. */
  readonly buffer?: Fill & {
    /** Events that went in, less those that came out: below 0 where the last run had left some. */
    readonly held: number;
    /** Events that were lost on purpose, as there was no room. */
    readonly dropped: number;
  };
}

/** How full something is, in bytes; Infinity where nothing but the disk bounds it. */
export interface Fill {
  readonly bytes: number;
  readonly maxBytes: number;
}

/** A partition's lag, and whose it is. */
export interface ComponentPartitionLag extends PartitionLag {
  readonly component: string;
}

/** How often another configuration took over while the pipeline ran, or could not. */
export interface Reloads {
  readonly succeeded: number;
  readonly refused: number;
  /** False while the configuration that runs is not the one that was last asked for. */
  readonly lastSucceeded: boolean;
}

/** What came in and what became of it, at one moment. */
export interface PipelineReport {
  readonly sources: readonly SourceReport[];
  readonly sinks: readonly SinkReport[];
  /** Counters of the components' own: `sources.webhook.refused`. */
  readonly counters: Readonly<Record<string, number>>;
  /** Events that left a source or a filter, or came to a sink, by its name. */
  readonly passed: Readonly<Record<string, number>>;
  /** Reads that some sink has not settled yet. */
  readonly unsettled: number;
  readonly inFlightBytes: number;
  /** How much may be in flight. */
  readonly windowBytes: number;
  /** Letters written since the start, and how full their file is. */
  readonly deadLetters: Fill & { readonly count: number };
  /** Milliseconds since the checkpoint was up to date; undefined before the start. */
  readonly checkpointAge: number | undefined;
  readonly reloads: Reloads;
  /** Every source waits for input, and everything it brought is settled. */
  readonly idle: boolean;
}
