import { firstTextCell, firstTimeCell, type Layout, type Noted, rowLength, watchFlag } from "../json/layout.ts";
import type { FieldWatch } from "./event.ts";
import { TIME_FIELDS } from "./event-time.ts";
import type { FieldPath } from "./field-path.ts";
import { isRecurring } from "./recurring.ts";

/** Which fields and watches components ask for, as seen from a source's records. */
export interface Wanted {
  readonly fields: readonly FieldPath[];
  readonly watches: readonly FieldWatch[];
  /** Where the first filter splits: its elements are events, and these are wanted of them. */
  readonly elements?: { readonly path: FieldPath; readonly wanted: Wanted };
}

/** Which place in a scan's row belongs to which field path: the scan's layout seen from the events' side. */
export class Slots {
  readonly rowLength: number;
  readonly elements: { readonly path: FieldPath; readonly slots: Slots } | undefined;
  /** Where in a row the time stands that the first of the {@link TIME_FIELDS} says; -1 where the scan does not tell. */
  readonly timeCell: number;
  readonly #ofPath: Int16Array;
  readonly #textCells: Int16Array;
  readonly #flagOfWatch: Int32Array;

  constructor(wanted: Wanted, rowLength: number) {
    this.rowLength = rowLength;
    const layout = noted(wanted);
    this.timeCell = layout.times.length > 0 ? firstTimeCell(layout) : -1;
    this.#ofPath = new Int16Array(1 + Math.max(-1, ...wanted.fields.map((path) => path.id))).fill(-1);
    wanted.fields.forEach((path, slot) => {
      this.#ofPath[path.id] = slot;
    });
    this.#textCells = new Int16Array(this.#ofPath.length).fill(-1);
    layout.texts.forEach((place, index) => {
      this.#textCells[wanted.fields[place].id] = firstTextCell(layout) + 2 * index;
    });
    this.#flagOfWatch = new Int32Array(1 + Math.max(-1, ...wanted.watches.map((sought) => sought.id)));
    wanted.watches.forEach((sought, index) => {
      this.#flagOfWatch[sought.id] = watchFlag(index);
    });
    this.elements = wanted.elements && {
      path: wanted.elements.path,
      slots: new Slots(wanted.elements.wanted, rowLength),
    };
  }

  /** The place of a path's span among a row's fields; -1 where the scan does not note it. */
  of(path: FieldPath): number {
    return this.#ofPath[path.id] ?? -1;
  }

  /** Where in a row the number of a path's text stands; -1 where the scan gives none. */
  textCellOf(path: FieldPath): number {
    return this.#textCells[path.id] ?? -1;
  }

  /** The flag that the scan raises for a watch; 0 where it does not watch for it. */
  flagOf(sought: FieldWatch): number {
    return this.#flagOfWatch[sought.id] ?? 0;
  }
}

/** Nothing noted: what events have that no scan of their own found. */
export const NO_SLOTS = new Slots({ fields: [], watches: [] }, 0);

/** The scanner's layout for what is wanted, and the places in its rows. */
export function layOut(wanted: Wanted): { layout: Layout; slots: Slots } {
  const layout: Layout = {
    ...noted(wanted),
    ...(wanted.elements && { elements: { at: wanted.elements.path.keys, ...noted(wanted.elements.wanted) } }),
  };
  return { layout, slots: new Slots(wanted, rowLength(layout)) };
}

function noted(wanted: Wanted): Noted & Required<Pick<Noted, "texts" | "times">> {
  return {
    fields: wanted.fields.map((path) => path.keys),
    texts: placesOf(wanted, isRecurring),
    times: placesOf(wanted, (path) => path === TIME_FIELDS[0]),
    watches: wanted.watches.map(({ under, key, values, containing }) => ({
      under: under.map((path) => path.keys),
      key,
      ...(values && { values }),
      ...(containing && { containing }),
    })),
  };
}

/** The places of those fields. */
function placesOf({ fields }: Wanted, isAmong: (path: FieldPath) => boolean): number[] {
  return fields.flatMap((path, place) => (isAmong(path) ? [place] : []));
}
