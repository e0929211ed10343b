import type { Event } from "./event.ts";
import type { Slots } from "./slots.ts";

/** An event's bytes where its read has them, and the row of the scan that says where its fields lie. */
export interface NotedBytes {
  /** The event is `buffer[start, end)`. */
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly table: Int32Array;
  /** Where in `table` the event's row starts. Its flags tell of no repeated field and of no key with escapes. */
  readonly row: number;
  readonly slots: Slots;
}

/** An event that a scan has looked at. */
export interface Noting {
  /** As {@link notedBytes} says. */
  notedBytes(): NotedBytes | undefined;
}

/** Where the fields of an event lie in the bytes of its read; undefined where the scan cannot be trusted to tell, or there was none. */
export function notedBytes(event: Event | (Event & Noting)): NotedBytes | undefined {
  return "notedBytes" in event ? event.notedBytes() : undefined;
}
