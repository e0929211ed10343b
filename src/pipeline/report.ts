import { addUp, type Counters, newCounts, type SinkCounts } from "../observe/counts.ts";
import type { SourceStatus } from "../observe/status.ts";
import type { Assembly } from "./assemble.ts";

/** What came in and what became of it. */
export interface PipelineReport {
  readonly sources: readonly SourceStatus[];
  readonly sinks: readonly (SinkCounts & {
    readonly name: string;
    /** received + created = delivered + filtered + deadLettered + alreadyDelivered. */
    readonly addsUp: boolean;
  })[];
  /** Counters of the components' own: `sources.webhook.refused`. */
  readonly counters: Readonly<Record<string, number>>;
  /** Reads that some sink has not settled yet. */
  readonly unsettled: number;
  readonly inFlightBytes: number;
  /** Every source waits for input, and everything it brought is settled. */
  readonly idle: boolean;
}

export function reportOf(assembly: Assembly | undefined, counters: Counters): PipelineReport {
  const sources = assembly?.sources ?? [];
  const shared = assembly?.shared ?? newCounts();
  const unsettled = sources.reduce((sum, { positions }) => sum + positions.unsettled, 0);
  return {
    sources: sources.map(({ status }) => ({ ...status })),
    sinks: (assembly?.branches ?? []).map(({ name, counts }) => {
      const sums = sum(shared, counts);
      return { name, ...sums, addsUp: addUp(sums) };
    }),
    counters: counters.all(),
    unsettled,
    inFlightBytes: assembly?.window.inFlight ?? 0,
    idle: unsettled === 0 && sources.length > 0 && sources.every(({ status }) => status.waiting),
  };
}

const sum = (one: SinkCounts, other: SinkCounts): SinkCounts => ({
  received: one.received + other.received,
  created: one.created + other.created,
  delivered: one.delivered + other.delivered,
  filtered: one.filtered + other.filtered,
  deadLettered: one.deadLettered + other.deadLettered,
  alreadyDelivered: one.alreadyDelivered + other.alreadyDelivered,
});
