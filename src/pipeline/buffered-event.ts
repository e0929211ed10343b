import type { BufferedPlace } from "../delivery/buffer-frame.ts";
import type { EventPlace } from "../delivery/sink-position.ts";
import type { Event, Origin } from "../event/event.ts";
import type { ReadRows } from "../event/read-rows.ts";
import { ScannedEvent } from "../event/scanned-event.ts";

/** An event that was read back from a sink's buffer: it says that it is of the source that once brought it. */
export class BufferedEvent extends ScannedEvent {
  readonly #place: BufferedPlace;

  constructor(rows: ReadRows, row: number, place: BufferedPlace) {
    super(rows, row, place.child);
    this.#place = place;
  }

  override get origin(): Origin {
    return this.#place.origin;
  }

  override get offset(): number {
    return this.#place.offset;
  }

  override get time(): number {
    return this.#place.time;
  }

  /** Where it lies in the buffer. */
  get placeInBuffer(): EventPlace {
    return { offset: super.offset, child: -1 };
  }
}

/** Where an event lies in the partition that it was read from, which is what positions tell. */
export const placeOf = (event: Event): EventPlace => (event instanceof BufferedEvent ? event.placeInBuffer : event);
