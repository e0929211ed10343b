import type { DeadLetters } from "../delivery/dead-letters.ts";
import type { Lease } from "../delivery/lease.ts";
import type { Positions, Receipt } from "../delivery/positions.ts";
import type { Window } from "../delivery/window.ts";
import type { Event } from "../event/event.ts";
import type { SinkCounts } from "../observe/counts.ts";
import type { Source } from "../plugin.ts";
import type { Decode } from "./decode.ts";
import type { FilterChain } from "./filter-chain.ts";
import { ReadSteps } from "./read-steps.ts";
import type { LeasedRead, Reading, ReadingTerms } from "./reading.ts";
import { concat, concatMap, defer, finalize, from, Observable, of } from "./rx.ts";
import type { Taps } from "./taps.ts";

/** The events of one step of a read, and what is owed for them. */
export interface ReadEvents {
  /** The source's key. */
  readonly source: string;
  readonly events: readonly Event[];
  readonly partition: string;
  readonly receipt: Receipt;
  readonly positions: Positions;
  /** To be told what the events of further filters take: they have room until the receipt is settled. */
  holdMade(bytes: number): void;
}

/** One source's way to the fork: read, decode, its own filters and those that all share. */
export interface SourceWay extends ReadingTerms {
  /** Its key in pipeline.yaml. */
  readonly key: string;
  readonly name: string;
  readonly source: Source;
  readonly reading: Reading;
  /** What it is read into. */
  readonly window: Window;
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

/** Emits what each read brings to the fork, in order, a step at a time and only while the window has room. */
export function runSource(way: SourceWay): Observable<ReadEvents> {
  /** Of reads behind one that is still on its way: in an abandoned flow their turn never comes. */
  const waiting = new Set<Lease>();
  return readAll(way, waiting).pipe(
    concatMap((read) => {
      const steps = new ReadSteps(way, read);
      waiting.delete(read.lease);
      return passSteps(steps, way).pipe(finalize(() => steps.release()));
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

/** Most reads have one step, which is taken at once: its bytes are still in the processor's cache. None is once the flow is given up. */
function passSteps(steps: ReadSteps, { window, giveUp }: SourceWay): Observable<ReadEvents> {
  const rest = defer(() => from(takeAll(steps, window, giveUp)));
  if (giveUp.aborted || !steps.hasRoom) return rest;
  const first = steps.take();
  const emitted = first instanceof Promise ? from(first) : of(first);
  return steps.isOver ? emitted : concat(emitted, rest);
}

/** @throws the signal's reason when it is aborted before all are taken: what they owe would be owed in the flow behind it */
async function* takeAll(steps: ReadSteps, { events }: Window, giveUp: AbortSignal): AsyncGenerator<ReadEvents, void> {
  while (!steps.isOver) {
    giveUp.throwIfAborted();
    if (!steps.hasRoom) await events.untilFree(giveUp);
    yield await steps.take();
  }
}
