import { statSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { addUp, type Counters, newCounts, type SinkCounts } from "../observe/counts.ts";
import type { SinkLag } from "../observe/lag.ts";
import type { ComponentPartitionLag, Fill, PipelineReport, Reloads, SourceReport } from "../observe/status.ts";
import type { Assembly } from "./assemble.ts";
import type { Taps } from "./taps.ts";
import type { Way } from "./ways.ts";

export type { PipelineReport, SinkReport, SourceReport } from "../observe/status.ts";

/** What a report is made of. */
export interface Reported {
  readonly config: Config;
  /** Absent before the start. */
  readonly assembly: Assembly | undefined;
  readonly counters: Counters;
  readonly taps: Taps;
  readonly reloads: Reloads;
}

/** What came in and what became of it. */
export function reportOf({ config, assembly, counters, taps, reloads }: Reported): PipelineReport {
  const ways = assembly?.sources ?? [];
  const branches = assembly?.branches ?? [];
  const shared = assembly?.foundation.shared ?? newCounts();
  const unsettled = ways.reduce((sum, { positions }) => sum + positions.unsettled, 0);
  return {
    sources: ways.map(sourceReport),
    sinks: branches.map(({ name, index, counts }) => {
      const sums = sum(shared, counts);
      const lags = ways.map(({ status }) => status.lag.of(index));
      return { name, ...sums, addsUp: addUp(sums), lag: together(lags) };
    }),
    counters: counters.all(),
    passed: taps.passed,
    unsettled,
    inFlightBytes: assembly?.foundation.window.inFlight ?? 0,
    windowBytes: assembly?.foundation.window.limit ?? config.maxInFlightBytes,
    deadLetters: {
      ...deadLetterFill(config),
      count: branches.reduce((total, { counts }) => total + counts.deadLettered, shared.deadLettered),
    },
    checkpointAge: assembly?.record.age,
    reloads: { ...reloads },
    idle: unsettled === 0 && ways.length > 0 && ways.every(({ status }) => status.waiting),
  };
}

/** The partitions of all sources, those farthest behind first; the sources are asked how much waits at this moment. */
export function partitionLags(assembly: Assembly | undefined): ComponentPartitionLag[] {
  const lags = (assembly?.sources ?? []).flatMap(({ name, source, status }) =>
    status.lag.partitions((read) => source.behind?.(read)).map((lag) => ({ component: name, ...lag })),
  );
  return lags.sort((one, other) => other.bytes - one.bytes || other.milliseconds - one.milliseconds);
}

function sourceReport(way: Way): SourceReport {
  const { name, events, bytes, waiting, lag } = way.status;
  const lags = lag.partitions();
  return {
    name,
    events,
    bytes,
    waiting,
    behind: lags.reduce((total, each) => total + each.bytes, 0),
    behindFor: lags.reduce((longest, { milliseconds }) => Math.max(longest, milliseconds), 0),
    partitions: lag.size,
    ...(way.journal && { journal: { bytes: way.journal.bytes, maxBytes: way.journal.maxBytes } }),
  };
}

const together = (lags: readonly SinkLag[]): SinkLag => ({
  bytes: lags.reduce((total, { bytes }) => total + bytes, 0),
  milliseconds: lags.reduce((longest, { milliseconds }) => Math.max(longest, milliseconds), 0),
});

function deadLetterFill({ deadLetter: { path, maxBytes } }: Config): Fill {
  try {
    return { bytes: statSync(path).size, maxBytes };
  } catch {
    return { bytes: 0, maxBytes };
  }
}

const sum = (one: SinkCounts, other: SinkCounts): SinkCounts => ({
  received: one.received + other.received,
  created: one.created + other.created,
  delivered: one.delivered + other.delivered,
  deliveredBytes: one.deliveredBytes + other.deliveredBytes,
  filtered: one.filtered + other.filtered,
  deadLettered: one.deadLettered + other.deadLettered,
  alreadyDelivered: one.alreadyDelivered + other.alreadyDelivered,
});
