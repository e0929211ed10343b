import { setImmediate as turn } from "node:timers/promises";
import type { HeldBatch } from "../delivery/handover.ts";
import type { Lease } from "../delivery/lease.ts";
import type { WindowReader } from "../delivery/window-reader.ts";
import type { SourceStatus } from "../observe/status.ts";
import type { Position, Source } from "../plugin.ts";

/** What a read brought, counted in the window from the moment it is there. */
export interface LeasedRead {
  readonly raw: HeldBatch;
  readonly lease: Lease;
}

/** How a source is read for one flow. */
export interface ReadingTerms {
  /** Where it begins, but behind a pause. */
  readonly resume: ReadonlyMap<string, Position>;
  readonly status: SourceStatus;
  /** Aborted when reading is to end. */
  readonly stopReading: AbortSignal;
  /** Aborted when reading is to go on in another flow. */
  readonly pause: AbortSignal;
}

/** The source's own iteration, which may outlive a flow. */
interface Session {
  readonly reads: AsyncIterator<HeldBatch>;
  readonly stop: AbortController;
  /** The next read is under way. */
  ahead: Promise<IteratorResult<HeldBatch>> | undefined;
}

/**
 * The reading of one source. It can be paused while one flow takes the place of another, and goes on behind that where it
 * was: files stay open, and nothing has to be looked for again.
 */
export class Reading {
  readonly #source: Source;
  readonly #reader: WindowReader;
  #paused: Session | undefined;

  constructor(source: Source, reader: WindowReader) {
    this.#source = source;
    this.#reader = reader;
  }

  /**
   * Reads, a read at a time and only while the window has room. Returns when the source ends, or is told to, or is paused.
   * @throws what the source throws
   */
  async run(terms: ReadingTerms, take: (read: LeasedRead) => void, isClosed: () => boolean): Promise<void> {
    const { stopReading, pause, status } = terms;
    const session = this.#paused ?? this.#begin(terms);
    this.#paused = undefined;
    const stop = () => session.stop.abort(stopReading.reason);
    if (stopReading.aborted) stop();
    else stopReading.addEventListener("abort", stop, { once: true });
    const halt = AbortSignal.any([stopReading, pause]);
    try {
      const hasEnded = await this.#readOn(session, status, halt, take, () => isClosed() || halt.aborted);
      if (hasEnded || isClosed() || stopReading.aborted) await this.#close(session);
      else this.#paused = session;
    } catch (error) {
      this.#reader.close();
      throw error;
    } finally {
      stopReading.removeEventListener("abort", stop);
      status.waiting = true;
    }
  }

  /** Ends what is paused: the source is read from positions the next time. */
  async end(): Promise<void> {
    const session = this.#paused;
    this.#paused = undefined;
    if (!session) return;
    session.stop.abort(new Error("it is not read any more"));
    await this.#close(session);
  }

  #begin({ resume }: ReadingTerms): Session {
    const stop = new AbortController();
    return { reads: this.#source.read(resume, stop.signal)[Symbol.asyncIterator](), stop, ahead: undefined };
  }

  /** Returns whether the source has ended. */
  async #readOn(
    session: Session,
    status: SourceStatus,
    halt: AbortSignal,
    take: (read: LeasedRead) => void,
    isOver: () => boolean,
  ): Promise<boolean> {
    const reader = this.#reader;
    const { reads } = session;
    while (!isOver() && (session.ahead || (await reader.room(halt)))) {
      status.waiting = true;
      session.ahead ??= reads.next();
      const next = await unlessAborted(session.ahead, halt);
      // It is there when reading goes on, or is waited for at the end.
      if (!next) break;
      session.ahead = undefined;
      status.waiting = false;
      if (next.done) return true;
      const lease = next.value.held?.lease ?? reader.lease(next.value.bytes);
      if (!isOver() && reader.hasRoom()) {
        // Where there is room, the next read is under way while this one is worked on: a generator is asked for it now, but
        // begins it some microtasks later.
        session.ahead = reads.next();
        // Its failure is told when its turn comes.
        session.ahead.catch(() => {});
        await turn();
      }
      take({ raw: next.value, lease });
    }
    return false;
  }

  /** The block is given back when nothing is read into it any more. */
  async #close({ ahead, reads }: Session): Promise<void> {
    try {
      const next = await ahead?.catch(() => undefined);
      if (next && !next.done) next.value.held?.lease.release();
      await reads.return?.();
    } finally {
      this.#reader.close();
    }
  }
}

/** What the work brings; undefined where the signal is aborted before. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Result | undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  if (signal.aborted) onAbort();
  return promise;
}
