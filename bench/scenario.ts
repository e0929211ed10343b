import type { Cost } from "./measure.ts";

/** One thing to measure. */
export interface Scenario {
  /** What goals and the table call it. */
  readonly name: string;
  /** Of the input; 0 where there is none. */
  readonly bytes: number;
  readonly events: number;
  /** At most so many times; absent: as often as all. */
  readonly repeat?: number;
  run(): Promise<Cost>;
}

/** What the repetitions of a scenario came to. */
export interface Result {
  readonly scenario: Scenario;
  /** The best time of all repetitions, and the best CPU time. */
  readonly wall: number;
  readonly cpu: number;
  /** The worst. */
  readonly peak: number;
  readonly runs: number;
}

/** Results by the scenario's name; what failed is not there. */
export type Results = ReadonlyMap<string, Result>;

/** Bytes in a second, in MB. */
export const megabytesPerSecond = ({ scenario, wall }: Result): number => scenario.bytes / 1e3 / wall;

/** Events in a second. */
export const eventsPerSecond = ({ scenario, wall }: Result): number => scenario.events / (wall / 1e3);

/** Events in a second of user and system time. */
export const eventsPerCpuSecond = ({ scenario, cpu }: Result): number => scenario.events / (Math.max(cpu, 10) / 1e3);

/**
 * Measures scenarios in turn, round after round, so that whatever else the machine does falls on all of them.
 * One that fails is told and left out from then on.
 */
export async function measureAll(
  scenarios: readonly Scenario[],
  repeat: number,
  tell: (text: string) => void,
): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  const failed = new Set<Scenario>();
  for (let round = 1; round <= repeat; round++) {
    for (const scenario of scenarios) {
      if (round > (scenario.repeat ?? repeat) || failed.has(scenario)) continue;
      try {
        const cost = await scenario.run();
        results.set(scenario.name, combine(scenario, results.get(scenario.name), cost));
        tell(`${round}/${repeat} ${scenario.name}: ${(cost.wall / 1e3).toFixed(2)} s`);
      } catch (error) {
        failed.add(scenario);
        results.delete(scenario.name);
        tell(`${scenario.name} FAILED: ${(error as Error).message}`);
      }
    }
  }
  return results;
}

function combine(scenario: Scenario, before: Result | undefined, cost: Cost): Result {
  return {
    scenario,
    wall: Math.min(before?.wall ?? Number.POSITIVE_INFINITY, cost.wall),
    cpu: Math.min(before?.cpu ?? Number.POSITIVE_INFINITY, cost.cpu),
    peak: Math.max(before?.peak ?? 0, cost.peak),
    runs: (before?.runs ?? 0) + 1,
  };
}
