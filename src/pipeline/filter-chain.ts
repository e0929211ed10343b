import type { Event } from "../event/event.ts";
import type { SinkCounts } from "../observe/counts.ts";
import type { Filter } from "../plugin.ts";
import type { Taps } from "./taps.ts";

/** A filter with its name. */
export interface Stage {
  readonly name: string;
  readonly type: string;
  readonly filter: Filter;
}

/** An event that a filter failed on. */
export interface Failed {
  readonly component: string;
  readonly event: Event;
  readonly reason: string;
}

export interface Filtered {
  readonly events: readonly Event[];
  readonly failed: readonly Failed[];
}

/**
 * Filters one after the other. A filter that throws is given the events of the batch one by one, so that only those it
 * fails on are lost to it; they go to the dead letters. Stays synchronous as long as the filters are.
 */
export class FilterChain {
  readonly #stages: readonly Stage[];
  readonly #counts: SinkCounts;
  readonly #taps: Taps;

  constructor(stages: readonly Stage[], counts: SinkCounts, taps: Taps) {
    this.#stages = stages;
    this.#counts = counts;
    this.#taps = taps;
  }

  apply(events: readonly Event[]): Filtered | Promise<Filtered> {
    return this.#continue(0, events, []);
  }

  #continue(from: number, events: readonly Event[], failed: Failed[]): Filtered | Promise<Filtered> {
    let current = events;
    for (let index = from; index < this.#stages.length && current.length > 0; index++) {
      const stage = this.#stages[index] as Stage;
      const before = current;
      const result = applyGuarded(stage, before, failed);
      if (result instanceof Promise) {
        return result.then((after) => {
          this.#account(stage, before, after, failed);
          return this.#continue(index + 1, after, failed);
        });
      }
      this.#account(stage, before, result, failed);
      current = result;
    }
    return { events: current, failed };
  }

  #account(stage: Stage, before: readonly Event[], after: readonly Event[], failed: readonly Failed[]): void {
    this.#taps.pass(stage.name, after);
    if (after === before) return;
    const entered = before.length - failedAt(stage, before, failed);
    if (stage.filter.splits) {
      // A parent counts as filtered, and its elements as created; what passes as it is, counts as neither.
      const whole = new Set(before);
      const passed = after.reduce((count, event) => (whole.has(event) ? count + 1 : count), 0);
      this.#counts.created += after.length - passed;
      this.#counts.filtered += entered - passed;
    } else if (after.length > entered) this.#counts.created += after.length - entered;
    else this.#counts.filtered += entered - after.length;
  }
}

function failedAt(stage: Stage, before: readonly Event[], failed: readonly Failed[]): number {
  if (failed.length === 0) return 0;
  const inBatch = new Set(before);
  return failed.filter(({ component, event }) => component === stage.name && inBatch.has(event)).length;
}

function applyGuarded(
  { name, filter }: Stage,
  events: readonly Event[],
  failed: Failed[],
): readonly Event[] | Promise<readonly Event[]> {
  const fail = (event: Event, error: unknown): readonly Event[] => {
    failed.push({ component: name, event, reason: error instanceof Error ? error.message : String(error) });
    return [];
  };
  const one = (event: Event): readonly Event[] | Promise<readonly Event[]> => {
    try {
      const result = listFrom(filter.apply([event]));
      return result instanceof Promise ? result.catch((error: unknown) => fail(event, error)) : result;
    } catch (error) {
      return fail(event, error);
    }
  };
  const oneByOne = (): readonly Event[] | Promise<readonly Event[]> => {
    const results = events.map(one);
    if (results.some((result) => result instanceof Promise)) return Promise.all(results).then((lists) => lists.flat());
    return (results as (readonly Event[])[]).flat();
  };
  try {
    const result = listFrom(filter.apply(events));
    return result instanceof Promise ? result.catch(oneByOne) : result;
  } catch {
    return oneByOne();
  }
}

/** What a filter returned, if it is a list. @throws TypeError where it is none: authors forget a `return` */
function listFrom(result: unknown): readonly Event[] | Promise<readonly Event[]> {
  if (result instanceof Promise) return result.then(listFrom);
  if (!Array.isArray(result))
    throw new TypeError(`apply() returned ${result === null ? "null" : typeof result}, not a list of events`);
  return result;
}
