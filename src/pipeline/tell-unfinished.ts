import type { Log } from "../observe/log.ts";
import type { Assembly } from "./assemble.ts";

/** Partitions that are named one by one. */
const MOST_NAMED = 10;

/** Tells for each sink what it has not settled at the end, and from where that is read again at the next start. */
export function tellUnfinished({ sources, branches }: Pick<Assembly, "sources" | "branches">, log: Log): void {
  for (const { name, index, delivery, behind } of branches) {
    const own = sources.filter((way) => way.behind === behind);
    const bytes = own.reduce((sum, { status }) => sum + status.lag.of(index).bytes, 0);
    if (bytes === 0) continue;
    const told = log.child(name);
    told.warn("is not done: what is missing is read again at the next start", {
      events_in_flight: delivery.inFlight.events,
      bytes_in_flight: delivery.inFlight.bytes,
      bytes_read: bytes,
    });
    const places = own.flatMap(({ name: source, positions }) =>
      [...positions.unsettledBy(index)].map(({ partition, offset }) => ({ source, partition, offset })),
    );
    for (const place of places.slice(0, MOST_NAMED)) told.info("is read again from here", place);
    if (places.length > MOST_NAMED)
      told.info("and from so many other places", { partitions: places.length - MOST_NAMED });
  }
}
