import type { Config } from "../config/config.ts";
import type { Log } from "../observe/log.ts";
import type { Pipeline } from "./pipeline.ts";

/** Serves what can be seen of a pipeline, from before it starts until after it has stopped. @throws where it cannot listen */
export async function serveObservation(
  { observe }: Config,
  pipeline: Pipeline,
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
