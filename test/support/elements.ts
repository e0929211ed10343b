import type { Event, FieldPath, Filter } from "../../src/plugin.ts";

export { field } from "../../src/plugin.ts";

/** A filter that makes events of a field's elements. */
export const filterOfElements = (path: FieldPath): Filter => ({
  splits: path,
  apply: (events: readonly Event[]) => events.flatMap((event) => event.elements(path) ?? [event]),
});
