import { type Event, type FieldPath, type FieldWatch, field, watch } from "../../src/plugin.ts";

/** Tells at little cost which events certainly hold none of some fields, in no occurrence of a repeated one either. */
export class Presence {
  readonly reads: readonly FieldPath[];
  readonly watches: readonly FieldWatch[];

  constructor(paths: readonly FieldPath[]) {
    // A field at the top is there when its last occurrence is. One further down may also stand in an earlier
    // occurrence of its parent, which no read shows: a watch does.
    this.reads = paths.filter(({ keys }) => keys.length === 1);
    const parentsOf = new Map<string, FieldPath[]>();
    for (const { keys } of paths) {
      const key = keys.at(-1);
      if (key === undefined || keys.length === 1) continue;
      parentsOf.set(key, [...(parentsOf.get(key) ?? []), field(keys.slice(0, -1))]);
    }
    this.watches = [...parentsOf].map(([key, under]) => watch({ under, key }));
  }

  /** False only where none of the fields is in the event. */
  mayBeIn(event: Event): boolean {
    for (const path of this.reads) {
      if (event.has(path)) return true;
    }
    for (const sought of this.watches) {
      if (event.mayHold(sought)) return true;
    }
    return false;
  }
}
