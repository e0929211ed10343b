import type { Config } from "../config/config.ts";
import type { Health } from "../observe/health.ts";
import type { Log } from "../observe/log.ts";
import type { ComponentPartitionLag } from "../observe/status.ts";
import type { PipelineReport } from "./report.ts";

/** What a running pipeline shows of itself. */
interface Shown {
  readonly components: readonly string[];
  readonly health: Health;
  readonly partitions: readonly ComponentPartitionLag[];
  readonly report: PipelineReport;
}

/** Serves what can be seen of a pipeline, from before it starts until after it has stopped. @throws where it cannot listen */
export async function serveObservation(
  { observe }: Config,
  pipeline: Shown,
  log: Log,
): Promise<{ close(): Promise<void> } | undefined> {
  if (!observe) return undefined;
  const { ObserveServer } = await import("../observe/observe-server.ts");
  const { health } = pipeline;
  return ObserveServer.listen({
    ...observe,
    components: () => pipeline.components,
    health,
    log: log.child("observe"),
    observe: () => {
      // The sources are asked first, so that the report knows what they said.
      const { partitions } = pipeline;
      return { partitions, report: pipeline.report, troubles: health.troubles, retries: health.retries };
    },
  });
}
