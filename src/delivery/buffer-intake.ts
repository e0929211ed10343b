import type { BufferPolicy } from "../config/config.ts";
import type { Event } from "../event/event.ts";
import { TIME_FIELDS } from "../event/event-time.ts";
import type { Log } from "../observe/log.ts";
import type { BatchLimits, Json, Prepared, Recovery, Rejection, Sink } from "../plugin.ts";
import type { SinkBuffer } from "./buffer.ts";
import { BufferFrames } from "./buffer-frame.ts";

/** Where a batch's frame begins and ends. */
interface FrameIntent {
  readonly before: number;
  readonly after: number;
}

const BATCH_BYTES = 1 << 20;
const BATCH_EVENTS = 10_000;
const BATCH_AGE_MS = 100;
/** A batch is so small a part of a small buffer. */
const BATCHES_IN_BUFFER = 16;
const TELL_EVERY_MS = 60_000;

/**
 * The sink that fills a buffer. It can undo, as any sink may: so what the sources brought is in the buffer once, whatever dies,
 * by the same means as in a file.
 */
export class BufferIntake implements Sink {
  /** The time of each event is kept beside it. */
  readonly reads = TIME_FIELDS;
  readonly batch: BatchLimits;
  readonly #buffer: SinkBuffer;
  readonly #policy: BufferPolicy;
  readonly #log: Log;
  readonly #frames = new BufferFrames();
  /** The frame that was prepared; undefined where its events are to be dropped. */
  #frame: readonly Buffer[] | undefined;
  #isFirst = true;
  #dropped = 0;
  #told = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(buffer: SinkBuffer, policy: BufferPolicy, log: Log) {
    this.#buffer = buffer;
    this.#policy = policy;
    this.#log = log;
    this.batch = {
      events: BATCH_EVENTS,
      bytes: Math.min(BATCH_BYTES, Math.ceil(policy.maxBytes / BATCHES_IN_BUFFER)),
      age: BATCH_AGE_MS,
    };
  }

  /** How many events were dropped, as there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @throws where there is no room, and the sources are to wait for it */
  prepare(events: readonly Event[]): Prepared | readonly Rejection[] {
    const frame = this.#frames.encode(events);
    const length = frame.reduce((sum, part) => sum + part.length, 0);
    const before = this.#buffer.end;
    if (!this.#buffer.hasRoom(length)) {
      const reason = `the buffer is full: it may have ${this.#policy.maxBytes} bytes, and the sink has not taken them yet`;
      if (this.#policy.whenFull === "block") throw new Error(reason);
      if (this.#policy.whenFull === "dead_letter") return events.map((event) => ({ event, reason }));
      this.#frame = undefined;
      return { intent: intentOf({ before, after: before }), isFirst: false };
    }
    this.#frame = frame;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    return { intent: intentOf({ before, after: before + length }), isFirst };
  }

  async write(events: readonly Event[]): Promise<void> {
    if (this.#frame) this.#buffer.append(this.#frame);
    else this.#drop(events.length);
  }

  async recover(intents: readonly Json[], recovery: Recovery): Promise<"adopted" | "undone"> {
    if (recovery === "keep") return "adopted";
    const frames = intents as unknown as readonly FrameIntent[];
    const before = Math.min(...frames.map((frame) => frame.before));
    const after = Math.max(...frames.map((frame) => frame.after));
    if (recovery === "settle" && this.#buffer.end >= after) return "adopted";
    this.#buffer.cut(before);
    this.#isFirst = true;
    return "undone";
  }

  async sync(): Promise<void> {
    this.#isFirst = true;
    await this.#buffer.sync();
  }

  async close(): Promise<void> {
    this.#tell();
    await this.#buffer.close();
  }

  #drop(events: number): void {
    this.#dropped += events;
    if (performance.now() - this.#toldAt >= TELL_EVERY_MS) this.#tell();
  }

  #tell(): void {
    const events = this.#dropped - this.#told;
    if (events === 0) return;
    this.#told = this.#dropped;
    this.#toldAt = performance.now();
    this.#log.warn("the buffer is full: dropped the newest events, as when_full says", {
      events,
      since_start: this.#dropped,
    });
  }
}

const intentOf = (frame: FrameIntent): Json => ({ ...frame });
