import type { Rows, Scan } from "../json/scanner.ts";
import type { RawBatch } from "../plugin.ts";
import type { FrameRun } from "../store/frame-reader.ts";
import type { Lease, UnreadLease } from "./lease.ts";

/** What a scan found in records that lie in the window. */
export interface Noted {
  readonly scan: Scan;
  readonly rows: readonly Rows[];
  readonly records: number;
}

/** A frame that lies in the window as it does in the journal. */
export interface HeldFrame {
  readonly bytes: Buffer;
  /** Where in `bytes` the records begin, which reach to its end. */
  readonly records: number;
  readonly remote: string | undefined;
  readonly noted: Noted;
  readonly lease: UnreadLease;
}

/** A read whose bytes were in the window before: counted there, and scanned. */
export interface HeldBatch extends RawBatch {
  readonly held?: { readonly noted: Noted; readonly lease: Lease };
}

/** What a reader gets without reading. */
export type HeldRun = FrameRun & Required<Pick<HeldBatch, "held">>;

interface Waiting {
  readonly frame: HeldFrame;
  readonly offset: number;
}

const LF = 0x0a;

/**
 * What was committed and is still in the window, for a reader that has come to the journal's end: it reads no file. The frames
 * follow each other, the first where the reader is: one that lags reads the files, and nothing waits here for it.
 */
export class Handover {
  #waiting: Waiting[] = [];
  /** Where the next frame must begin to be handed over; undefined while nobody reads. */
  #next: number | undefined;

  /** A reader goes on at this offset, and has got all that waited here. */
  expect(offset: number): void {
    this.#next = offset;
  }

  /** A frame was committed at this offset: it is kept for the reader, or let go. */
  offer(frame: HeldFrame, offset: number): void {
    if (offset !== this.#next) {
      frame.lease.release();
      return;
    }
    this.#waiting.push({ frame, offset });
    this.#next = offset + frame.bytes.length;
  }

  /** The records of the frames that wait, as far as they have one sender and lie side by side. */
  take(): HeldRun | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    let count = 1;
    while (count < this.#waiting.length && follows(this.#waiting[count - 1], this.#waiting[count])) count++;
    const taken = this.#waiting.splice(0, count);
    const frames = taken.map(({ frame }) => frame);
    const { offset, frame } = first;
    for (const { lease } of frames) lease.read();
    for (const { bytes, records } of frames.slice(1)) bytes.fill(LF, 0, records);
    const length = frames.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const { buffer, byteOffset } = frame.bytes;
    return {
      bytes: Buffer.from(buffer, byteOffset + frame.records, length - frame.records),
      offset: offset + frame.records,
      next: offset + length,
      ...(frame.remote !== undefined && { remote: frame.remote }),
      held: {
        noted: {
          scan: frame.noted.scan,
          rows: frames.flatMap(({ noted }) => noted.rows),
          records: frames.reduce((sum, { noted }) => sum + noted.records, 0),
        },
        lease: {
          release: () => {
            for (const { lease } of frames) lease.release();
          },
        },
      },
    };
  }

  /** Nobody reads any more: lets go of what waits. */
  stop(): void {
    this.#next = undefined;
    for (const { frame } of this.#waiting.splice(0)) frame.lease.release();
  }
}

/** Whether two frames that follow each other in the journal do so in the window, and can be one read. */
const follows = ({ frame: one }: Waiting, { frame: other }: Waiting): boolean =>
  one.remote === other.remote &&
  one.noted.scan === other.noted.scan &&
  one.bytes.byteOffset + one.bytes.length === other.bytes.byteOffset;
