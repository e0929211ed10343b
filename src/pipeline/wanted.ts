import type { FieldWatch } from "../event/event.ts";
import type { FieldPath } from "../event/field-path.ts";
import type { Wanted } from "../event/slots.ts";
import { MAX_WATCHES } from "../json/layout.ts";
import type { Filter } from "../plugin.ts";

/** What reads fields: a filter, a sink's `when`, a sink. */
export type Reader = Pick<Filter, "reads" | "watches" | "before" | "splits">;

/**
 * What the scan of a source's records is to note, so that no component has to look for a field again: the fields that every
 * component on the ways from the source to the sinks reads, traced back to where they stand in the record. A hint,
 * no promise: what is not noted is found by a walk over the event.
 */
export function wantedBy(ways: readonly (readonly Reader[])[]): Wanted {
  const record = new Hints();
  const element = new Hints();
  let splitAt: FieldPath | undefined;
  for (const way of ways) {
    for (const [place, reader] of way.entries()) {
      for (const path of [...(reader.reads ?? []), ...(reader.splits ? [reader.splits] : [])]) {
        const traced = traceBack(path, way.slice(0, place));
        if (!traced) continue;
        record.fields.add(traced.path);
        if (traced.splitAt && (splitAt ??= traced.splitAt) === traced.splitAt) element.fields.add(traced.path);
      }
      const isSplit = way.slice(0, place).some(({ splits }) => splits);
      for (const sought of reader.watches ?? []) {
        record.watches.add(sought);
        if (isSplit) element.watches.add(sought);
      }
    }
    splitAt ??= way.find(({ splits }) => splits)?.splits;
  }
  const path = splitAt;
  return { ...record.wanted(), ...(path && { elements: { path, wanted: element.wanted() } }) };
}

class Hints {
  readonly fields = new Set<FieldPath>();
  readonly watches = new Set<FieldWatch>();

  wanted(): Wanted {
    return { fields: [...this.fields], watches: [...this.watches].slice(0, MAX_WATCHES) };
  }
}

/** Where a field stood before these filters, and the array that was split on the way; undefined where it was made by one. */
function traceBack(path: FieldPath, filters: readonly Reader[]): { path: FieldPath; splitAt?: FieldPath } | undefined {
  let current = path;
  let splitAt: FieldPath | undefined;
  for (const filter of filters.toReversed()) {
    if (filter.before) {
      const before = filter.before(current);
      if (!before) return undefined;
      current = before;
      // The array itself stood elsewhere before this filter: the scan cannot know its elements.
      if (splitAt) splitAt = filter.before(splitAt);
    }
    if (filter.splits) splitAt = filter.splits;
  }
  return splitAt ? { path: current, splitAt } : { path: current };
}
