import type { Trouble } from "./health.ts";
import type { ComponentPartitionLag, PipelineReport } from "./status.ts";

/** All that the metrics are made of, as it is at one moment. */
export interface Observed {
  readonly report: PipelineReport;
  /** Those farthest behind first. */
  readonly partitions: readonly ComponentPartitionLag[];
  readonly troubles: readonly Trouble[];
  /** How often something was found to wait since the start, by component. */
  readonly retries: ReadonlyMap<string, number>;
  readonly isReady: boolean;
}

/** One value of a metric, with what tells it from the others. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric as Prometheus knows it. Its labels hold names of components and files, never what events hold. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  samples(observed: Observed): readonly Sample[];
}

/** A metric with a value for each component, and perhaps for other labels. */
export const metric = (
  type: Metric["type"],
  name: string,
  help: string,
  samples: (observed: Observed) => readonly Sample[],
): Metric => ({ type, name, help, samples });

/** A metric that has one value. */
export const single = (
  type: Metric["type"],
  name: string,
  help: string,
  value: (observed: Observed) => number | undefined,
): Metric =>
  metric(type, name, help, (observed) => {
    const known = value(observed);
    return known === undefined ? [] : [{ labels: {}, value: known }];
  });
