import type { SinkCounts } from "../observe/counts.ts";
import type { Branch } from "./branches.ts";
import { lastValueFrom, merge, Subject } from "./rx.ts";
import { runBranch } from "./sink-branch.ts";
import { type ReadEvents, runSource } from "./source-way.ts";
import type { Way } from "./ways.ts";

/** What data flows through, and when it is to end. */
export interface Bed {
  readonly sources: readonly Way[];
  readonly branches: readonly Branch[];
  /** Aborted when reading is to stop. */
  readonly stopReading: AbortSignal;
  /** Aborted when nothing can be waited for any longer. */
  readonly giveUp: AbortSignal;
}

/**
 * The data on its way from the sources to the sinks, from where the sinks stand. Components outlive it: it can be abandoned,
 * and another begun over the same ones.
 */
export class Flow {
  readonly #bed: Bed;
  readonly #abandon = new AbortController();
  readonly #finish = new AbortController();

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  /** Why it was abandoned. */
  get abandoned(): Error | undefined {
    return this.#abandon.signal.reason;
  }

  /** Reads no more and delivers no more; {@link run} throws the reason once nothing is under way. */
  abandon(reason: Error): void {
    this.#abandon.abort(reason);
  }

  /** Reads no more; {@link run} returns once all is delivered. */
  finish(): void {
    this.#finish.abort();
  }

  /** Returns when the sources have ended and every sink has all they brought. */
  async run(): Promise<void> {
    const { sources, branches } = this.#bed;
    const abandoned = this.#abandon.signal;
    const stopReading = AbortSignal.any([this.#bed.stopReading, this.#finish.signal, abandoned]);
    const giveUp = AbortSignal.any([this.#bed.giveUp, abandoned]);
    const fork = new Subject<ReadEvents>();
    const delivered = merge(...branches.map((branch) => runBranch(branch, fork, giveUp)));
    const allDelivered = lastValueFrom(delivered, { defaultValue: 0 });
    const reading = sources.map((source) => {
      const ended = Promise.withResolvers<void>();
      const way = { ...source, resume: source.positions.start, stopReading, giveUp, onEnd: ended.resolve };
      return { way, ended: ended.promise };
    });
    merge(...reading.map(({ way }) => runSource(way))).subscribe(fork);
    try {
      await allDelivered;
    } catch (error) {
      if (abandoned.aborted) {
        await Promise.all(reading.map(({ ended }) => ended));
        await Promise.all(branches.map(({ delivery }) => delivery.idle()));
      }
      throw error;
    }
  }
}

/** What came in and has not come out of an abandoned flow will come in again: it counts then. */
export function discountUnsettled(branches: readonly Branch[], shared: SinkCounts): void {
  for (const { counts } of branches) {
    const cameIn = shared.received + shared.created + counts.received + counts.created;
    const cameOut = [shared, counts].reduce(
      (sum, { delivered, filtered, deadLettered, alreadyDelivered }) =>
        sum + delivered + filtered + deadLettered + alreadyDelivered,
      0,
    );
    counts.received -= cameIn - cameOut;
  }
}
