import { eventsPerCpuSecond, eventsPerSecond, megabytesPerSecond, type Result, type Results } from "./scenario.ts";

/** What the product has to reach. */
export interface Goal {
  readonly text: string;
  /** What it is now, in words; absent where it was not measured. */
  readonly now?: string;
  readonly met: boolean | undefined;
}

/** The names that goals know scenarios by. */
export const NAMES = {
  loop: "JSON.parse loop",
  copy: "cp",
  product: "sluice",
  condition: "sluice, one drop with a condition",
  manyUsers: "sluice, 10,000 users",
  manyFiles: "sluice, 1,000 input files",
  tenth: "sluice, a tenth of the log",
  http: "sluice, http → files, synced to a disk",
  startUp: "sluice, empty log",
} as const;

const MB = 1e6;

/**
 * The goals, with what was measured.
 * @param peers the names of the peers' scenarios
 */
export function goals(results: Results, peers: readonly string[]): Goal[] {
  const get = (name: keyof typeof NAMES) => results.get(NAMES[name]);
  const ofHttp = (of: (result: Result) => number) => {
    const http = get("http");
    return http && of(http);
  };
  const [product, loop] = [get("product"), get("loop")];
  const measuredPeers = peers.flatMap((name) => results.get(name) ?? []);
  const bestPeer = measuredPeers.length > 0 ? Math.max(...measuredPeers.map(eventsPerCpuSecond)) : undefined;
  const fluentBit = overHttp(results);
  return [
    atLeast("throughput of the main job: 2 × the JSON.parse loop", 2, quotient(product, loop, megabytesPerSecond)),
    atLeast(
      "events per CPU second: 10 × the best of rsyslog and syslog-ng",
      10,
      product && bestPeer && eventsPerCpuSecond(product) / bestPeer,
    ),
    memory("peak memory: under 200 MB", 200, product),
    atMost(
      "peak memory: the same as with a tenth of the log",
      1.15,
      quotient(product, get("tenth"), ({ peak }) => peak),
    ),
    ...[get("manyUsers"), get("manyFiles")].flatMap((result, index) => {
      const what = index === 0 ? "10,000 users" : "1,000 input files";
      return [
        atLeast(`throughput with ${what}: 80 %`, 0.8, quotient(result, product, megabytesPerSecond)),
        memory(`peak memory with ${what}: under 250 MB`, 250, result),
      ];
    }),
    atMost(
      "time with one drop with a condition: 1.2 ×",
      1.2,
      quotient(get("condition"), product, ({ wall }) => wall),
    ),
    atLeast("events per second over HTTP, synced: 20,000", 20_000, ofHttp(eventsPerSecond), ""),
    fluentBit
      ? atLeast(
          "events per CPU second over HTTP: 5 × Fluent Bit",
          5,
          quotient(get("http"), fluentBit, eventsPerCpuSecond),
        )
      : atLeast("events per CPU second over HTTP: 5 × Fluent Bit's 35,000", 175_000, ofHttp(eventsPerCpuSecond), ""),
    atMost("start and end with nothing to do: 300 ms", 300, get("startUp")?.wall, " ms"),
  ];
}

/** Fluent Bit where it is sent what the product is sent, with its buffer on the disk. */
const overHttp = (results: Results): Result | undefined =>
  [...results.values()].find(({ scenario: { name } }) => /^fluent-bit \S+, http → files$/.test(name));

function quotient(one: Result | undefined, other: Result | undefined, of: (result: Result) => number) {
  return one && other && of(one) / of(other);
}

function atLeast(text: string, bound: number, value: number | undefined, unit = " ×"): Goal {
  return { text, ...said(value, unit, unit === " ×" ? 2 : 0), met: value === undefined ? undefined : value >= bound };
}

function atMost(text: string, bound: number, value: number | undefined, unit = " ×"): Goal {
  return { text, ...said(value, unit, unit === " ×" ? 2 : 0), met: value === undefined ? undefined : value <= bound };
}

function memory(text: string, megabytes: number, result: Result | undefined): Goal {
  const value = result && result.peak / MB;
  return { text, ...said(value, " MB", 0), met: value === undefined ? undefined : value < megabytes };
}

function said(value: number | undefined, unit: string, digits: number): { now?: string } {
  return value === undefined ? {} : { now: value.toFixed(digits) + unit };
}
