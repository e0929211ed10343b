/** What became of the events, as one sink sees it. */
export interface SinkCounts {
  /** Records that came in. */
  received: number;
  /** Events that splitting made. */
  created: number;
  delivered: number;
  /** Bytes of the events in batches that are settled. */
  deliveredBytes: number;
  /** Dropped on purpose: by a filter, by `when`, or because they were split. */
  filtered: number;
  deadLettered: number;
  /** Read again after a restart, though the sink had them. */
  alreadyDelivered: number;
}

/** The sums of one way through the pipeline. */
export const newCounts = (): SinkCounts => ({
  received: 0,
  created: 0,
  delivered: 0,
  deliveredBytes: 0,
  filtered: 0,
  deadLettered: 0,
  alreadyDelivered: 0,
});

/** Whether nothing is missing: what came in is what went out, was left out, or is kept. */
export const addUp = (counts: SinkCounts): boolean =>
  counts.received + counts.created ===
  counts.delivered + counts.filtered + counts.deadLettered + counts.alreadyDelivered;

/** Counters that components keep of their own, by `component.counter`. */
export class Counters {
  readonly #counts = new Map<string, number>();

  add(component: string, name: string, by = 1): void {
    const key = `${component}.${name}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
