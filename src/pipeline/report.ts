import { statSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { addUp, type Counters, newCounts, type SinkCounts } from "../observe/counts.ts";
import type { SinkLag } from "../observe/lag.ts";
import type {
  ComponentPartitionLag,
  Fill,
  PipelineReport,
  Reloads,
  SinkReport,
  SourceReport,
} from "../observe/status.ts";
import type { Assembly } from "./assemble.ts";
import type { Branch } from "./branches.ts";
import { bufferedReport } from "./buffered-report.ts";
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
  const windows = branches.flatMap(({ behind }) => behind?.window ?? []);
  const unsettled = ways.reduce((sum, { positions }) => sum + positions.unsettled, 0);
  return {
    sources: ways.filter(({ behind }) => !behind).map(sourceReport),
    sinks: branches.filter(({ fills }) => !fills).map((branch) => sinkReport(branch, branches, ways, shared)),
    counters: counters.all(),
    passed: taps.passed,
    unsettled,
    inFlightBytes: windows.reduce((total, { inFlight }) => total + inFlight, assembly?.foundation.window.inFlight ?? 0),
    windowBytes: windows.reduce(
      (total, { limit }) => total + limit,
      assembly?.foundation.window.limit ?? config.maxInFlightBytes,
    ),
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
  const ways = assembly?.sources.filter(({ behind }) => !behind) ?? [];
  const lags = ways.flatMap(({ name, source, status }) =>
    status.lag.partitions((read) => source.behind?.(read)).map((lag) => ({ component: name, ...lag })),
  );
  return lags.sort((one, other) => other.bytes - one.bytes || other.milliseconds - one.milliseconds);
}

function sinkReport(branch: Branch, branches: readonly Branch[], ways: readonly Way[], shared: SinkCounts): SinkReport {
  const { name, counts, behind } = branch;
  const front = behind && branches.find(({ fills }) => fills === behind);
  if (!front) {
    const sums = sum(shared, counts);
    return { name, ...sums, addsUp: addUp(sums), lag: lagOf(branch, ways) };
  }
  return bufferedReport({
    name,
    front: sum(shared, front.counts),
    back: sum(behind.counts, counts),
    behind,
    lag: together([lagOf(front, ways), lagOf(branch, ways)]),
  });
}

/** How far a sink is behind what was read, and behind what waits in its buffer. */
function lagOf({ index, behind }: Branch, ways: readonly Way[]): SinkLag {
  const own = ways.filter((way) => way.behind === behind);
  const lags = own.map(({ status }) => status.lag.of(index));
  if (!behind) return together(lags);
  const waiting = own.flatMap(({ source, status }) => status.lag.partitions((read) => source.behind?.(read)));
  return together([...lags, ...waiting]);
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
