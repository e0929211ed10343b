import type { Log } from "../observe/log.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { EXIT } from "./exit-code.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * A second signal that follows so closely is the first one once more: some supervisors, and GNU timeout, signal the process
 * and its group.
 */
const SAME_WITHIN_MS = 200;

/** The first signal drains the pipeline, the second ends the process at once. */
export function stopOnSignals(pipeline: Pipeline, log: Log): { forget(): void } {
  let stoppingSince: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince >= SAME_WITHIN_MS) process.exit(EXIT.FAILED);
      return;
    }
    stoppingSince = performance.now();
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

/** SIGHUP reloads; Windows has none, and sends it when the window is closed. */
export function onHangup(reload: () => void): { forget(): void } {
  if (process.platform === "win32") return { forget: () => {} };
  process.on("SIGHUP", reload);
  return { forget: () => process.off("SIGHUP", reload) };
}
