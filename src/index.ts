/**
 * Sluice as a library: load a pipeline.yaml, run it, watch what passes, stop it. Components of your own are written on
 * what `plugin.ts` exports, which is exported here, too.
 */
import type { Config } from "./config/config.ts";
import { Pipeline, type PipelineOptions } from "./pipeline/pipeline.ts";

export { ConfigError } from "./config/complaint.ts";
export type { Config } from "./config/config.ts";
export { CheckpointError } from "./delivery/checkpoint-error.ts";
export { loadConfig } from "./load-config.ts";
export type { Health, LifeStage, Trouble } from "./observe/health.ts";
export { createLineLog } from "./observe/line-log.ts";
export { type Changes, ReloadRefused } from "./pipeline/changes.ts";
export type { PipelineOptions } from "./pipeline/pipeline.ts";
export { Pipeline } from "./pipeline/pipeline.ts";
export type { PipelineReport, SinkReport, SourceReport } from "./pipeline/report.ts";
export * from "./plugin.ts";
export { version } from "./version.ts";

/** A pipeline that is not started yet: `passing()` can be subscribed to before `start()`. */
export function createPipeline(config: Config, options?: PipelineOptions): Pipeline {
  return new Pipeline(config, options);
}
