import { Counter, Gauge, Registry } from "prom-client";
import type { Metric, Observed } from "./metric.ts";
import { pipelineMetrics } from "./pipeline-metrics.ts";
import { processMetrics } from "./process-metrics.ts";

/** The text that Prometheus scrapes; made only when it is asked for, so that nothing is kept up to date in between. */
export class Exposition {
  readonly #registry = new Registry();
  readonly #observe: () => Observed;
  #observed: Observed | undefined;

  constructor(observe: () => Observed) {
    this.#observe = observe;
    for (const metric of [...pipelineMetrics, ...processMetrics]) this.#register(metric);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics, as they are now. */
  print(): Promise<string> {
    this.#observed = this.#observe();
    return this.#registry.metrics();
  }

  /** The values are taken as they are: what is counted already needs no second counter that follows it. */
  #register({ name, help, type, samples }: Metric): void {
    const registered = new (type === "counter" ? Counter : Gauge)({ name, help, registers: [this.#registry] });
    const { get } = registered;
    registered.get = async () => ({
      ...(await get.call(registered)),
      values: this.#observed ? [...samples(this.#observed)] : [],
    });
  }
}
