import type { Event, Json } from "../../../src/plugin.ts";
import { FINGERPRINT_LENGTH } from "./fingerprint.ts";

/** Where and when an event came in: as much of its origin as tells it from all others. */
interface Arrival {
  readonly source: string;
  readonly partition: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** The event that passed first with its fingerprint. */
export interface PassedEvent {
  /** Shared by all events of one read. */
  readonly origin: Arrival;
  readonly offset: number;
  readonly child: number;
}

/**
 * Whether an event is no duplicate of one that passed: it is that very one, read again; or it stands before it in the same
 * partition, which is read in its order. Such a one was judged before that, by what has been forgotten since: to drop it now
 * could leave it out of a sink that had not come to it.
 */
export const wasFirst = ({ origin, offset, child }: PassedEvent, event: Event): boolean =>
  (offset > event.offset || (offset === event.offset && child === event.child)) &&
  origin.partition === event.origin.partition &&
  origin.source === event.origin.source;

const VERSION = 1;

/** A record: the fingerprint, which origin (u32), offset and child (f64 each), little-endian. */
const ORIGIN_AT = FINGERPRINT_LENGTH;
const OFFSET_AT = ORIGIN_AT + 4;
const CHILD_AT = OFFSET_AT + 8;
const RECORD_BYTES = CHILD_AT + 8;

/** Writes passed events, oldest first, as JSON: 70 bytes each and 60 or more for each origin. */
export function encodePassed(passed: readonly (readonly [string, PassedEvent])[]): Json {
  const origins = new Map<Arrival, number>();
  const records = Buffer.allocUnsafe(passed.length * RECORD_BYTES);
  for (const [index, [fingerprint, { origin, offset, child }]] of passed.entries()) {
    let number = origins.get(origin);
    if (number === undefined) origins.set(origin, (number = origins.size));
    const at = index * RECORD_BYTES;
    records.write(fingerprint, at, "latin1");
    records.writeUInt32LE(number, at + ORIGIN_AT);
    records.writeDoubleLE(offset, at + OFFSET_AT);
    records.writeDoubleLE(child, at + CHILD_AT);
  }
  return {
    version: VERSION,
    origins: [...origins.keys()].map(({ source, partition, receivedAt }) => [source, partition, receivedAt]),
    records: records.toString("base64"),
  };
}

/** Reads what {@link encodePassed} wrote. @throws Error where that was a newer version, or another filter */
export function* decodePassed(remembered: Json): Generator<readonly [string, PassedEvent]> {
  const { version, origins, records } = remembered as {
    readonly version?: unknown;
    readonly origins: readonly (readonly [string, string, number])[];
    readonly records: string;
  };
  if (version !== VERSION) {
    throw new Error(
      `what dedupe remembered is of version ${String(version)}, and this Sluice reads ${VERSION}: run the newer Sluice, ` +
        "or move the folder memory of data_dir away to forget it",
    );
  }
  const arrivals = origins.map(([source, partition, receivedAt]): Arrival => ({ source, partition, receivedAt }));
  const bytes = Buffer.from(records, "base64");
  for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
    yield [
      bytes.toString("latin1", at, at + FINGERPRINT_LENGTH),
      {
        origin: arrivals[bytes.readUInt32LE(at + ORIGIN_AT)] as Arrival,
        offset: bytes.readDoubleLE(at + OFFSET_AT),
        child: bytes.readDoubleLE(at + CHILD_AT),
      },
    ];
  }
}
