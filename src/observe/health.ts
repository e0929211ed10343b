import type { Log, LogFields } from "./log.ts";

/** Something that a component cannot do for the time being; it is tried again by itself. */
export interface Trouble {
  /** Who waits: `sinks.search`, `dead_letter`, `checkpoint`. */
  readonly component: string;
  /** What it cannot do: `cannot write`. */
  readonly what: string;
  /** Why, as the last try said. */
  readonly reason: string;
  readonly since: Date;
  /** How long it has lasted. */
  readonly milliseconds: number;
  /** How often it was told. */
  readonly tries: number;
}

/** One piece of work that may have to wait: one for each batch that is written at a time, one for the checkpoint. */
export interface Work {
  /**
   * It cannot be done now, and is tried again. To be called at each try: the log hears of the first one, and then once a minute.
   * @param reason never an event's content, never a secret: it is told to whoever asks over the network
   */
  waits(reason: string, fields?: LogFields): void;
  /** It is done, or given up. Costs next to nothing where nothing waited. */
  goesOn(): void;
}

/**
 * - `starting`: its sources do not listen or read yet
 * - `running`
 * - `stopping`: it reads no more, and delivers what is in flight
 * - `stopped`: all is closed
 * - `failed`: so that it cannot go on
 */
export type LifeStage = (typeof STAGES)[number];

const STAGES = ["starting", "running", "stopping", "stopped", "failed"] as const;

/** Who is told when something begins to wait, and what time it is. */
interface HealthOptions {
  readonly log: Log;
  /** Milliseconds that only grow: for tests. */
  readonly now?: () => number;
}

const TELL_EVERY_MS = 60_000;

/** A reason may quote what somebody else answered. */
const LONGEST_REASON = 1000;

/** A kind of work, which several pieces may be of. */
interface Kind {
  readonly component: string;
  readonly what: string;
  readonly level: "warn" | "error";
  readonly log: Log;
  /** When the log heard of it the last time, so that what comes and goes does not flood it. */
  toldAt: number;
  standstill: Standstill | undefined;
}

/** Work of one kind that waits. */
interface Standstill {
  readonly since: Date;
  readonly begun: number;
  readonly waiting: Set<Work>;
  reason: string;
  tries: number;
  /** The log has heard of it. */
  isTold: boolean;
}

/**
 * What stands in the pipeline's way, in words: one call tells the log and whoever asks from outside. It knows what waits on
 * an error, not what waits for input or for its turn.
 */
export class Health {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #kinds = new Map<string, Kind>();
  readonly #retries = new Map<string, number>();
  #stage: LifeStage = "starting";
  #failure: string | undefined;

  constructor({ log, now = () => performance.now() }: HealthOptions) {
    this.#log = log;
    this.#now = now;
  }

  /** How far the pipeline has come in its life. */
  get stage(): LifeStage {
    return this.#stage;
  }

  /** The pipeline has come so far. What has failed stays failed, and what stops runs no more. */
  enter(stage: LifeStage, failure?: string): void {
    if (STAGES.indexOf(stage) > STAGES.indexOf(this.#stage)) this.#stage = stage;
    this.#failure ??= failure;
  }

  /** What it has failed with, where that is known. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** How often something was found to wait since the start, by component. */
  get retries(): ReadonlyMap<string, number> {
    return this.#retries;
  }

  /** All that waits on an error now, what has waited longest first. */
  get troubles(): readonly Trouble[] {
    const now = this.#now();
    return [...this.#kinds.values()]
      .flatMap(({ component, what, standstill }) => {
        if (!standstill) return [];
        const { reason, since, begun, tries } = standstill;
        return [{ component, what, reason, since, milliseconds: now - begun, tries }];
      })
      .sort((one, other) => other.milliseconds - one.milliseconds);
  }

  /**
   * A piece of work that may have to wait. Several of the same name, such as the batches that a sink writes at the same time,
   * are one trouble, which is over when none of them waits any more.
   * @param what what it cannot do, in words that the reason follows: `cannot write`
   * @param level how the log is told: `error` where all stands still until somebody acts
   */
  observe(component: string, what: string, level: "warn" | "error" = "warn"): Work {
    const key = `${component} ${what}`;
    let kind = this.#kinds.get(key);
    if (!kind) {
      const log = this.#log.child(component);
      kind = { component, what, level, log, toldAt: Number.NEGATIVE_INFINITY, standstill: undefined };
      this.#kinds.set(key, kind);
    }
    const known = kind;
    const work: Work = {
      waits: (reason, fields) => this.#wait(known, work, reason.slice(0, LONGEST_REASON), fields),
      goesOn: () => this.#goOn(known, work),
    };
    return work;
  }

  /** All that was under way is given up and begun anew: what still cannot be done says so again. */
  forget(): void {
    for (const kind of this.#kinds.values()) kind.standstill = undefined;
  }

  #wait(kind: Kind, work: Work, reason: string, fields: LogFields | undefined): void {
    const now = this.#now();
    const { component, what, level, log } = kind;
    kind.standstill ??= { since: new Date(), begun: now, waiting: new Set(), reason, tries: 0, isTold: false };
    const { standstill } = kind;
    standstill.waiting.add(work);
    standstill.reason = reason;
    standstill.tries++;
    this.#retries.set(component, (this.#retries.get(component) ?? 0) + 1);
    if (now - kind.toldAt < TELL_EVERY_MS) return;
    kind.toldAt = now;
    standstill.isTold = true;
    const { since, tries } = standstill;
    log[level](`${what}: ${reason}`, { ...fields, since: since.toISOString(), tries });
  }

  #goOn(kind: Kind, work: Work): void {
    const { standstill, what, log } = kind;
    if (!standstill?.waiting.delete(work) || standstill.waiting.size > 0) return;
    kind.standstill = undefined;
    if (!standstill.isTold) return;
    const { begun, tries } = standstill;
    log.info("waits no longer", { after: what, waited_ms: Math.round(this.#now() - begun), tries });
  }
}

/** A trouble in words: `sinks.search: cannot write since 2026-03-04T09:00:00.000Z: connect ECONNREFUSED`. */
export const inWords = ({ component, what, reason, since }: Trouble): string =>
  `${component}: ${what} since ${since.toISOString()}: ${reason}`;
