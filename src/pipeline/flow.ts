import type { SinkCounts } from "../observe/counts.ts";
import type { Branch } from "./branches.ts";
import type { BufferedSink } from "./buffered-sink.ts";
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

  /** Pauses the reading of all sources; {@link run} returns once all that was read is delivered. */
  finish(): void {
    this.#finish.abort();
  }

  /** Returns when the sources have ended and every sink has all they brought. */
  async run(): Promise<void> {
    const { sources, branches } = this.#bed;
    const abandoned = this.#abandon.signal;
    const pause = this.#finish.signal;
    const stopReading = AbortSignal.any([this.#bed.stopReading, abandoned]);
    // A buffer is read in one flow alone.
    const stopBuffers = AbortSignal.any([stopReading, pause]);
    const giveUp = AbortSignal.any([this.#bed.giveUp, abandoned]);
    const buffered = branches.flatMap(({ behind }) => behind ?? []);
    for (const { buffer } of buffered) buffer.beginInput();
    // A fork for what the sources bring, and one behind each buffer.
    const forks = [undefined, ...buffered].map((behind) => {
      const fork = new Subject<ReadEvents>();
      const own = branches.filter((branch) => branch.behind === behind);
      const delivered = merge(...own.map((branch) => runBranch(branch, fork, giveUp)));
      return { behind, fork, delivered: lastValueFrom(delivered, { defaultValue: 0 }) };
    });
    const [{ delivered: filled }] = forks as [(typeof forks)[number]];
    filled.then(
      () => endInput(buffered),
      () => {},
    );
    const allDelivered = Promise.all(forks.map(({ delivered }) => delivered));
    const reading = sources.map((source) => {
      const ended = Promise.withResolvers<void>();
      const way = {
        ...source,
        resume: source.positions.start,
        stopReading: source.behind ? stopBuffers : stopReading,
        pause,
        giveUp,
        onEnd: ended.resolve,
      };
      return { way, ended: ended.promise };
    });
    for (const { behind, fork } of forks) {
      const own = reading.filter(({ way }) => way.behind === behind);
      merge(...own.map(({ way }) => runSource(way))).subscribe(fork);
    }
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

function endInput(buffered: readonly BufferedSink[]): void {
  for (const { buffer } of buffered) buffer.endInput();
}

/** What came in and has not come out of an abandoned flow will come in again: it counts then. */
export function discountUnsettled(branches: readonly Branch[], shared: SinkCounts): void {
  for (const { counts, behind } of branches) {
    const before = behind?.counts ?? shared;
    const cameIn = before.received + before.created + counts.received + counts.created;
    const cameOut = [before, counts].reduce(
      (sum, { delivered, filtered, deadLettered, alreadyDelivered }) =>
        sum + delivered + filtered + deadLettered + alreadyDelivered,
      0,
    );
    counts.received -= cameIn - cameOut;
  }
}
