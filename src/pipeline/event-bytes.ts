import type { Event } from "../event/event.ts";
import { ScannedEvent } from "../event/scanned-event.ts";

/** What a scanned event takes on its way to the sinks, beside its row: the object, its places in lists, what the collector leaves. */
const SCANNED_BYTES = 192;
/** The same of one that a filter made, beside the event that it made it of, and its bytes. */
const MADE_BYTES = 512;

/** What events take that were scanned. @param rowBytes what their rows take, and all else that lies beside them */
export const scannedBytes = (events: number, rowBytes: number): number => rowBytes + events * SCANNED_BYTES;

/**
 * What the events that filters brought take, beside those that they were given.
 * @param counted how many scanned events were counted: those that were given, and elements that the scan has noted
 */
export function bytesMade(given: readonly Event[], brought: readonly Event[], counted = given.length): number {
  if (given === brought) return 0;
  const more = Math.max(0, brought.length - counted);
  const made = Math.max(0, countMade(brought) - countMade(given));
  return more * SCANNED_BYTES + made * MADE_BYTES;
}

function countMade(events: readonly Event[]): number {
  let count = 0;
  for (const event of events) if (!(event instanceof ScannedEvent)) count++;
  return count;
}
