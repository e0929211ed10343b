import type { Condition } from "./condition.ts";
import type { Event } from "./event.ts";

/** What is told of the events that a condition cannot decide: a component's context. */
export interface Witness {
  readonly log: { warn(text: string, fields?: Readonly<Record<string, string | number>>): void };
  count(name: string): void;
}

const QUIET = 60_000;

/**
 * A yes or no for each event: `undecided` where the condition cannot tell. Those are counted as `undecided`, and logged
 * at most once a minute, without anything of the event.
 */
export function judge(condition: Condition, context: Witness, undecided: boolean): (event: Event) => boolean {
  let quietUntil = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return (event) => {
    const verdict = condition.decide(event);
    if (verdict !== undefined) return verdict;
    context.count("undecided");
    untold++;
    const now = Date.now();
    if (now >= quietUntil) {
      const absent = condition.fields.filter((path) => !event.has(path)).map(({ text }) => text);
      const reason = absent.length > 0 ? `${absent.join(", ")} absent` : "a value has another type than it expects";
      const remedy = "has(self.field) && … tells whether a field is there, self.?field.orValue(…) stands in for it";
      context.log.warn(`the condition ${condition.expression} cannot be decided: ${reason}; ${remedy}`, {
        events: untold,
      });
      quietUntil = now + QUIET;
      untold = 0;
    }
    return undecided;
  };
}
