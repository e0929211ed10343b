import type { Event } from "../../src/plugin.ts";

/** The events after a change of each, in order; the same array where it changed none. */
export function changeEach(events: readonly Event[], change: (event: Event) => Event): readonly Event[] {
  let changed: Event[] | undefined;
  for (let index = 0; index < events.length; index++) {
    const event = events[index];
    const after = change(event);
    if (changed !== undefined) changed.push(after);
    else if (after !== event) {
      changed = events.slice(0, index);
      changed.push(after);
    }
  }
  return changed ?? events;
}

/** The events that `keeps` holds for, in order; the same array where it holds for all. */
export function keepWhere(events: readonly Event[], keeps: (event: Event) => boolean): readonly Event[] {
  let kept: Event[] | undefined;
  for (let index = 0; index < events.length; index++) {
    const event = events[index];
    if (!keeps(event)) kept ??= events.slice(0, index);
    else kept?.push(event);
  }
  return kept ?? events;
}
