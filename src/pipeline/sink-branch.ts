import type { Batch } from "../delivery/batch.ts";
import type { DeadLetters } from "../delivery/dead-letters.ts";
import { type Delivery, deadLetterOf } from "../delivery/deliver.ts";
import { comparePlaces } from "../delivery/sink-position.ts";
import type { UndoableSink } from "../delivery/undoable-try.ts";
import type { Event } from "../event/event.ts";
import type { SinkCounts } from "../observe/counts.ts";
import type { BatchLimits } from "../plugin.ts";
import { gather } from "./batch.ts";
import { placeOf } from "./buffered-event.ts";
import { bytesMade } from "./event-bytes.ts";
import type { FilterChain } from "./filter-chain.ts";
import { Passage } from "./passage.ts";
import { concatMap, defer, from, map, mergeMap, type Observable, of, tap } from "./rx.ts";
import type { ReadEvents } from "./source-way.ts";
import type { Taps } from "./taps.ts";

/** One sink's way behind the fork: its condition and filters, its batches, its writes. */
export interface SinkBranch {
  readonly name: string;
  /** Its number among the sinks: what a receipt is settled with. */
  readonly index: number;
  readonly chain: FilterChain;
  readonly limits: () => BatchLimits;
  readonly inFlight: number;
  readonly delivery: Delivery;
  /** The sink, where it can undo. */
  readonly undoable: UndoableSink | undefined;
  readonly deadLetters: DeadLetters;
  readonly counts: SinkCounts;
  readonly taps: Taps;
}

/**
 * Emits the number of events of each batch once it is delivered and settled; completes when all are, fails with the
 * signal's reason when it is aborted before.
 */
export function runBranch(branch: SinkBranch, reads: Observable<ReadEvents>, signal: AbortSignal): Observable<number> {
  let writing = 0;
  const waiting: Batch[] = [];
  const expectNext = () => {
    const [next] = waiting;
    if (next && writing >= branch.inFlight) branch.delivery.expect(next);
  };
  return reads.pipe(
    concatMap((read) => passBranch(branch, read, signal)),
    gather({
      limits: branch.limits,
      isBusy: () => writing >= branch.inFlight,
      isRecorded: branch.undoable !== undefined,
    }),
    tap((batch) => {
      if (waiting.push(batch) === 1) expectNext();
    }),
    mergeMap(
      (batch) =>
        defer(async () => {
          writing++;
          waiting.shift();
          try {
            const delivering = deliverBatch(branch, batch, signal);
            expectNext();
            return await delivering;
          } finally {
            writing--;
          }
        }),
      branch.inFlight,
    ),
  );
}

async function deliverBatch(
  { name, delivery, counts, taps }: SinkBranch,
  batch: Batch,
  signal: AbortSignal,
): Promise<number> {
  taps.pass(name, batch.events);
  const { delivered, deadLettered } = await delivery.deliver(batch, signal);
  counts.delivered += delivered;
  counts.deliveredBytes += batch.bytes;
  counts.deadLettered += deadLettered;
  return batch.events.length;
}

function passBranch(branch: SinkBranch, read: ReadEvents, signal: AbortSignal): Observable<Passage> {
  const debt = { ...read, sink: branch.index };
  const fresh = skipDelivered(branch, read);
  const filtered = branch.chain.apply(fresh);
  const passage = (events: readonly Event[]) => {
    read.holdMade(bytesMade(fresh, events));
    return new Passage(skipPartly(branch, read, events), debt);
  };
  if (!(filtered instanceof Promise) && filtered.failed.length === 0) return of(passage(filtered.events));
  return from(Promise.resolve(filtered)).pipe(
    concatMap(async ({ events, failed }) => {
      if (failed.length > 0) {
        await branch.deadLetters.write(
          failed.map(({ event, component, reason }) => deadLetterOf(event, component, reason)),
          signal,
        );
        branch.counts.deadLettered += failed.length;
      }
      return events;
    }),
    map(passage),
  );
}

/** What this sink had before the restart is not for it, though another sink still needs it. */
function skipDelivered({ counts, index }: SinkBranch, read: ReadEvents): readonly Event[] {
  const { events, partition, positions, receipt } = read;
  const skipTo = positions.resumeOf(partition, index)?.offset ?? 0;
  // Filters may have put the events in any order: only where the read begins tells.
  if (receipt.before.offset >= skipTo) return events;
  const fresh = events.filter((event) => placeOf(event).offset >= skipTo);
  counts.alreadyDelivered += events.length - fresh.length;
  return fresh;
}

/** A batch had ended within what was read: the events are known as they stand behind the sink's own filters. */
function skipPartly(
  { counts, index }: SinkBranch,
  { partition, positions, receipt }: ReadEvents,
  events: readonly Event[],
): readonly Event[] {
  const partly = positions.resumeOf(partition, index)?.partly;
  if (!partly || receipt.before.offset > partly.offset) return events;
  const fresh = events.filter((event) => comparePlaces(placeOf(event), partly) > 0);
  counts.alreadyDelivered += events.length - fresh.length;
  return fresh;
}
