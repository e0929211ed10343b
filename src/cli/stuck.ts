import { inWords } from "../observe/health.ts";
import type { Log } from "../observe/log.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";

const LOOK_EVERY_MS = 1000;

/** Watches for a component that waits too long on an error. */
export interface StuckWatch {
  /** What made it stop the pipeline, in words. */
  readonly reason: string | undefined;
  forget(): void;
}

/**
 * Stops the pipeline once a component has waited so many milliseconds on an error: for whoever would rather have another
 * process, on another machine perhaps, than one that waits.
 */
export function stopWhenStuck(pipeline: Pipeline, limit: number, log: Log): StuckWatch {
  let reason: string | undefined;
  const look = () => {
    const stuck = pipeline.health.troubles.find(({ milliseconds }) => milliseconds >= limit);
    if (!stuck) return;
    clearInterval(timer);
    reason = inWords(stuck);
    log.error(`gives up, as --exit-when-stuck says: ${reason}`);
    pipeline.stop().catch(() => {});
  };
  const timer = setInterval(look, Math.min(LOOK_EVERY_MS, limit)).unref();
  return {
    get reason() {
      return reason;
    },
    forget: () => clearInterval(timer),
  };
}
