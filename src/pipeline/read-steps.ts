import type { DeadLetter } from "../delivery/dead-letters.ts";
import { deadLetterOf, letterFrom } from "../delivery/deliver.ts";
import { type Lease, Leases } from "../delivery/lease.ts";
import type { Receipt } from "../delivery/positions.ts";
import type { Event, Origin } from "../event/event.ts";
import type { Lagging } from "../observe/lag.ts";
import type { RawBatch } from "../plugin.ts";
import type { Decoded, Invalid } from "./decode.ts";
import { bytesMade, scannedBytes } from "./event-bytes.ts";
import type { Failed } from "./filter-chain.ts";
import type { LeasedRead } from "./reading.ts";
import type { ReadEvents, SourceWay } from "./source-way.ts";

/**
 * One read on its way to the fork, in steps: of each, the events are decoded, filtered, and owed to the sinks as those of a read
 * of their own. The read's bytes are in flight until all steps are settled, a step's rows and events until that is.
 */
export class ReadSteps implements Lease {
  readonly #way: SourceWay;
  readonly #read: LeasedRead;
  readonly #origin: Origin;
  /** Undefined once no step is to come: it would keep the last one's events. */
  #steps: Iterator<Decoded, void> | undefined;
  readonly #lagging: Lagging;
  #isFirst = true;
  /** How many steps are owed. */
  #owed = 0;

  constructor(way: SourceWay, read: LeasedRead) {
    const { raw } = read;
    this.#way = way;
    this.#read = read;
    this.#origin = originOf(way.key, raw);
    this.#steps = way.decode(raw.bytes, raw.offset, this.#origin, raw.held?.noted);
    this.#lagging = way.status.lag.open(raw);
  }

  /** Whether no step is to come. */
  get isOver(): boolean {
    return this.#steps === undefined;
  }

  /** Whether there is room for the events of the next step. Those that were noted beforehand had theirs then. */
  get hasRoom(): boolean {
    return this.#read.raw.held !== undefined || !this.#way.window.events.isFull;
  }

  /** Takes the next step. At once, as long as filters are, and nothing is refused. */
  take(): ReadEvents | Promise<ReadEvents> {
    const { raw } = this.#read;
    const { counts, status, taps, name, chain, window, deadLetters, giveUp } = this.#way;
    const step = this.#steps?.next().value as Decoded;
    const { events, invalid, held } = step;
    const lease = new Leases();
    lease.add(held);
    lease.add({ release: () => this.#settleOne() });
    this.#owed++;
    if (!raw.held) lease.add(window.events.hold(scannedBytes(held.count, held.byteLength)));
    const receipt = this.#open(step, lease);
    const refused: readonly Invalid[] = this.#isFirst ? [...invalid, ...(raw.refused ?? [])] : invalid;
    const refusedRecords = refused.reduce((sum, { records = 1 }) => sum + records, 0);
    counts.received += events.length + refusedRecords;
    status.events += events.length;
    if (this.#isFirst) status.bytes += raw.bytes.length;
    this.#isFirst = false;
    taps.pass(name, events);
    const passed = (fresh: readonly Event[]) => {
      const passage = this.#pass(fresh, receipt, lease);
      passage.holdMade(bytesMade(events, fresh, held.count));
      return passage;
    };
    const filtered = chain.apply(events);
    if (!(filtered instanceof Promise) && filtered.failed.length === 0 && refused.length === 0) {
      return passed(filtered.events);
    }
    return (async () => {
      const { events: fresh, failed } = await filtered;
      await deadLetters.write(lettersOf(name, this.#origin, refused, failed), giveUp);
      counts.deadLettered += refusedRecords + failed.length;
      return passed(fresh);
    })();
  }

  /** Takes no more steps. What those before owe is not touched: the read's bytes are there until it is settled, or given up. */
  release(): void {
    if (this.isOver) return;
    this.#steps = undefined;
    if (this.#owed === 0) this.#releaseRead();
  }

  /** Knows nothing of the step but what has passed: what was dropped is garbage at once. */
  #pass(events: readonly Event[], receipt: Receipt, lease: Leases): ReadEvents {
    const { key: source, positions, window } = this.#way;
    const { partition } = this.#read.raw;
    const holdMade = (bytes: number) => lease.add(window.events.hold(bytes));
    return { source, events, partition, receipt, positions, holdMade };
  }

  #open({ next }: Decoded, lease: Leases): Receipt {
    const { raw } = this.#read;
    const { positions } = this.#way;
    const { partition, position, bytes, refused, ended } = raw;
    // Every record of this step starts before that place, and every one of the next behind it.
    if (next !== undefined) return positions.openPart(partition, { offset: next - 1, child: -1 }, lease);
    this.#steps = undefined;
    const isEmpty = bytes.length === 0 && !refused?.length;
    return this.#lagging.until(positions.open(partition, position, lease, { ended: ended === true, isEmpty }));
  }

  #settleOne(): void {
    this.#owed--;
    if (this.isOver && this.#owed === 0) this.#releaseRead();
  }

  #releaseRead(): void {
    this.#read.lease.release();
    this.#lagging.close();
  }
}

/** One at a time, as a read may hold very many that are tiny. */
function* lettersOf(
  component: string,
  origin: Origin,
  refused: readonly Invalid[],
  failed: readonly Failed[],
): Generator<DeadLetter, void> {
  const from = letterFrom(component, origin);
  for (const { reason, offset, byteLength, bytes, records } of refused) {
    yield { ...from, reason, offset, byteLength, ...(bytes && { bytes }), ...(records !== undefined && { records }) };
  }
  for (const { event, component: filter, reason } of failed) yield deadLetterOf(event, filter, reason);
}

const originOf = (source: string, { partition, path, remote }: RawBatch): Origin => ({
  source,
  partition,
  receivedAt: Date.now(),
  ...(path !== undefined && { path }),
  ...(remote !== undefined && { remote }),
});
