import type { Log } from "../observe/log.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { EXIT } from "./exit-code.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** The first signal drains the pipeline, the second ends the process at once. */
export function stopOnSignals(pipeline: Pipeline, log: Log): { forget(): void } {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(EXIT.FAILED);
    isStopping = true;
    log.info(`${signal}: reads no more and delivers what is in flight; a second signal ends at once`);
    pipeline.stop().catch(() => {});
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    forget: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
