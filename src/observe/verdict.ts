import { type Health, inWords } from "./health.ts";

/** Whether something is well, and if not, why. */
export interface Verdict {
  readonly isWell: boolean;
  /** In words; the same that the log tells. */
  readonly reasons: readonly string[];
}

const STAGES_IN_WORDS = {
  starting: "it is starting",
  stopping: "it is shutting down: it reads no more, and delivers what is in flight",
  stopped: "it has stopped",
  failed: "it has failed",
} as const;

/**
 * Whether the process can do its work: false only where a new start may help. What waits for somebody else, such as a sink
 * whose server is away, is no reason to end the process: that would only read everything in flight again.
 */
export function judgeLife({ stage, failure }: Health): Verdict {
  return stage === "failed"
    ? { isWell: false, reasons: [failure ?? STAGES_IN_WORDS.failed] }
    : { isWell: true, reasons: [] };
}

/**
 * Whether the pipeline runs and nothing waits on an error.
 * @param unreadyAfter milliseconds: what is over sooner does not count
 * @param component asks for this one alone
 */
export function judgeReadiness(health: Health, unreadyAfter: number, component?: string): Verdict {
  const { stage } = health;
  const waiting = health.troubles
    .filter((trouble) => component === undefined || trouble.component === component)
    .filter(({ milliseconds }) => milliseconds >= unreadyAfter)
    .map(inWords);
  const reasons = stage === "running" ? waiting : [STAGES_IN_WORDS[stage], ...waiting];
  return { isWell: reasons.length === 0, reasons };
}
