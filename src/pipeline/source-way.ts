import type { DeadLetter, DeadLetters } from "../delivery/dead-letters.ts";
import { deadLetterOf, letterFrom } from "../delivery/deliver.ts";
import type { Lease } from "../delivery/lease.ts";
import type { Positions, Receipt } from "../delivery/positions.ts";
import type { Event, Origin } from "../event/event.ts";
import type { SinkCounts } from "../observe/counts.ts";
import type { RawBatch, Source } from "../plugin.ts";
import type { Decode, Invalid } from "./decode.ts";
import type { Failed, FilterChain } from "./filter-chain.ts";
import type { LeasedRead, Reading, ReadingTerms } from "./reading.ts";
import { concatMap, finalize, from, Observable, of } from "./rx.ts";
import type { Taps } from "./taps.ts";

/** The events of one read, and what is owed for them. */
export interface ReadEvents {
  /** The source's key. */
  readonly source: string;
  readonly events: readonly Event[];
  readonly partition: string;
  readonly receipt: Receipt;
  readonly positions: Positions;
}

/** One source's way to the fork: read, decode, its own filters and those that all share. */
export interface SourceWay extends ReadingTerms {
  /** Its key in pipeline.yaml. */
  readonly key: string;
  readonly name: string;
  readonly source: Source;
  readonly reading: Reading;
  readonly decode: Decode;
  readonly chain: FilterChain;
  readonly positions: Positions;
  readonly deadLetters: DeadLetters;
  readonly counts: SinkCounts;
  readonly taps: Taps;
  /** Aborted when nothing can be waited for any longer. */
  readonly giveUp: AbortSignal;
  /** Told when nothing is read any more in this flow. */
  readonly onEnd?: () => void;
  /** Told when the source cannot be read any more: what it brought before is delivered all the same. */
  readonly fail: (component: string, error: unknown) => void;
}

/** Emits what each read brings to the fork, in order, a read at a time and only while the window has room. */
export function runSource(way: SourceWay): Observable<ReadEvents> {
  /** Of reads behind one that is still on its way: in an abandoned flow their turn never comes. */
  const waiting = new Set<Lease>();
  return readAll(way, waiting).pipe(
    concatMap((read) => {
      waiting.delete(read.lease);
      return passSource(way, read);
    }),
    finalize(() => {
      for (const lease of waiting) lease.release();
    }),
  );
}

function readAll(way: SourceWay, waiting: Set<Lease>): Observable<LeasedRead> {
  return new Observable((subscriber) => {
    way.reading
      .run(
        way,
        (read) => {
          if (subscriber.closed) {
            read.lease.release();
            return;
          }
          waiting.add(read.lease);
          subscriber.next(read);
        },
        () => subscriber.closed,
      )
      .catch((error: unknown) => way.fail(way.name, error))
      .finally(() => {
        subscriber.complete();
        way.onEnd?.();
      });
  });
}

function passSource(way: SourceWay, { raw, lease }: LeasedRead): Observable<ReadEvents> {
  const { counts, status, positions, key, taps } = way;
  const origin = originOf(key, raw);
  const { events, invalid, held } = way.decode(raw.bytes, raw.offset, origin, raw.held?.noted);
  lease.weigh(held.byteLength);
  const lagging = status.lag.open(raw);
  const receipt = lagging.until(
    positions.open(
      raw.partition,
      raw.position,
      {
        release: () => {
          held.release();
          lease.release();
          lagging.close();
        },
      },
      { ended: raw.ended === true, isEmpty: raw.bytes.length === 0 && !raw.refused?.length },
    ),
  );
  const refused: readonly Invalid[] = [...invalid, ...(raw.refused ?? [])];
  const refusedRecords = refused.reduce((sum, { records = 1 }) => sum + records, 0);
  counts.received += events.length + refusedRecords;
  status.events += events.length;
  status.bytes += raw.bytes.length;
  taps.pass(way.name, events);
  const filtered = way.chain.apply(events);
  const passed = (fresh: readonly Event[]) => ({
    source: key,
    events: fresh,
    partition: raw.partition,
    receipt,
    positions,
  });
  if (!(filtered instanceof Promise) && filtered.failed.length === 0 && refused.length === 0) {
    return of(passed(filtered.events));
  }
  return from(
    (async () => {
      const { events: fresh, failed } = await filtered;
      await way.deadLetters.write(lettersOf(way.name, origin, refused, failed), way.giveUp);
      counts.deadLettered += refusedRecords + failed.length;
      return passed(fresh);
    })(),
  );
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
