import { crc32 } from "node:zlib";
import type { Event, Origin } from "../event/event.ts";
import { encodeHeader, encodePrefix } from "../store/frame.ts";

/** Which event of a source one of a frame is. */
export interface BufferedPlace {
  readonly origin: Origin;
  readonly offset: number;
  readonly child: number;
  /** The event's time, as it was behind the sink's filters. */
  readonly time: number;
}

/** How a frame begins: a line that is no event, so that nothing can be taken for it. */
interface PlaceTable {
  readonly origins: readonly Origin[];
  /** Four numbers an event: the origin's index, offset, child, time. */
  readonly places: readonly number[];
}

const LF = 0x0a;
const NUMBERS_A_PLACE = 4;
/** Frames of this size are put together in memory that is used again. */
const USUAL_BYTES = 2 << 20;

/** Puts frames of events together, one at a time: the bytes are there until the next one. */
export class BufferFrames {
  #usual: Buffer | undefined;

  /**
   * A frame that holds the events, one a line, with where each came from: a sink that reads them back has the same events.
   * Returns its parts in order.
   */
  encode(events: readonly Event[]): readonly Buffer[] {
    const table = Buffer.from(`[${JSON.stringify(tableOf(events))}]\n`);
    const lines = this.#lines(events);
    const header = encodeHeader({ at: Date.now() });
    const prefix = encodePrefix(header, table.length + lines.length, crc32(lines, crc32(table)));
    return [prefix, header, table, lines];
  }

  #lines(events: readonly Event[]): Buffer {
    const length = events.reduce((sum, { byteLength }) => sum + byteLength + 1, 0);
    const lines = this.#room(length);
    let at = 0;
    for (const event of events) {
      at = event.copyTo(lines, at);
      lines[at++] = LF;
    }
    return lines;
  }

  #room(length: number): Buffer {
    if (length > USUAL_BYTES) return Buffer.allocUnsafeSlow(length);
    this.#usual ??= Buffer.allocUnsafeSlow(USUAL_BYTES);
    return this.#usual.subarray(0, length);
  }
}

/** The places of a frame's events, by the line that {@link BufferFrames.encode} began it with. */
export function* decodePlaces(line: string): Generator<BufferedPlace, undefined> {
  const [{ origins, places }] = JSON.parse(line) as readonly [PlaceTable];
  for (let at = 0; at < places.length; at += NUMBERS_A_PLACE) {
    const [index, offset, child, time] = places.slice(at, at + NUMBERS_A_PLACE) as [number, number, number, number];
    yield { origin: origins[index] as Origin, offset, child, time };
  }
}

function tableOf(events: readonly Event[]): PlaceTable {
  const indexes = new Map<Origin, number>();
  const places: number[] = [];
  for (const { origin, offset, child, time } of events) {
    let index = indexes.get(origin);
    if (index === undefined) indexes.set(origin, (index = indexes.size));
    places.push(index, offset, child, time);
  }
  return { origins: [...indexes.keys()], places };
}
