import type { DeadLetters } from "../delivery/dead-letters.ts";
import { type Delivery, deadLetterOf } from "../delivery/deliver.ts";
import type { Event } from "../event/event.ts";
import type { SinkCounts } from "../observe/counts.ts";
import type { BatchLimits } from "../plugin.ts";
import { gather, Passage, type SinkBatch } from "./batch.ts";
import type { FilterChain } from "./filter-chain.ts";
import { concatMap, defer, from, map, mergeMap, type Observable, of } from "./rx.ts";
import type { ReadEvents } from "./source-way.ts";
import type { Taps } from "./taps.ts";

/** One sink's way behind the fork: its condition and filters, its batches, its writes. */
export interface SinkBranch {
  readonly name: string;
  /** Its number among the sinks: what a receipt is settled with. */
  readonly index: number;
  readonly chain: FilterChain;
  readonly limits: BatchLimits;
  readonly inFlight: number;
  readonly delivery: Delivery;
  readonly deadLetters: DeadLetters;
  readonly counts: SinkCounts;
  readonly taps: Taps;
  readonly signal: AbortSignal;
}

/** Emits the number of events of each batch once it is delivered and settled; completes when all are. */
export function runBranch(branch: SinkBranch, reads: Observable<ReadEvents>): Observable<number> {
  let writing = 0;
  return reads.pipe(
    concatMap((read) => passBranch(branch, read)),
    gather(branch.limits, () => writing >= branch.inFlight),
    mergeMap(
      (batch) =>
        defer(async () => {
          writing++;
          try {
            return await deliverBatch(branch, batch);
          } finally {
            writing--;
          }
        }),
      branch.inFlight,
    ),
  );
}

async function deliverBatch({ name, delivery, counts, taps }: SinkBranch, batch: SinkBatch): Promise<number> {
  taps.pass(name, batch.events);
  const { delivered, deadLettered } = await delivery.deliver(batch.events);
  counts.delivered += delivered;
  counts.deliveredBytes += batch.bytes;
  counts.deadLettered += deadLettered;
  batch.settle();
  return batch.events.length;
}

function settle({ receipt, settled }: ReadEvents, sink: number): void {
  receipt.settle(sink);
  settled(sink);
}

function passBranch(branch: SinkBranch, read: ReadEvents): Observable<Passage> {
  const fresh = skipDelivered(branch, read);
  const filtered = branch.chain.apply(fresh);
  const passage = (events: readonly Event[]) => new Passage(events, () => settle(read, branch.index));
  if (!(filtered instanceof Promise) && filtered.failed.length === 0) return of(passage(filtered.events));
  return from(Promise.resolve(filtered)).pipe(
    concatMap(async ({ events, failed }) => {
      if (failed.length > 0) {
        await branch.deadLetters.write(
          failed.map(({ event, component, reason }) => deadLetterOf(event, component, reason)),
          branch.signal,
        );
        branch.counts.deadLettered += failed.length;
      }
      return events;
    }),
    map(passage),
  );
}

/** What this sink had before the restart is not for it, though another sink still needs it. */
function skipDelivered({ counts, index }: SinkBranch, { events, partition, positions }: ReadEvents): readonly Event[] {
  const skipTo = positions.skipTo(partition, index);
  if (skipTo === 0 || (events[0]?.offset ?? skipTo) >= skipTo) return events;
  const fresh = events.filter((event) => event.offset >= skipTo);
  counts.alreadyDelivered += events.length - fresh.length;
  return fresh;
}
