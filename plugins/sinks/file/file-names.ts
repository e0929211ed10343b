import { type Event, type FieldPath, PerText, type TemplatePart } from "../../../src/plugin.ts";
import type { PathLayout } from "./path-layout.ts";

/** What the names that are remembered may weigh, in characters, about: 100,000 users of usual names. */
const MOST_CHARACTERS = 16 * 2 ** 20;
/** What a name costs beside its characters: its object, and its places in the maps. */
const OVERHEAD = 160;
/** Longer texts are not remembered: few, and hostile. */
const LONGEST_REMEMBERED = 256;

/** A file as events name it, with the place that the batch under way has given it. */
export interface FileName {
  /** Below the base folder. */
  readonly path: string;
  /** Whether the next event of that file finds this same object. */
  isRemembered: boolean;
  /** The number of the batch that gave it {@link index}. */
  batch: number;
  index: number;
}

/** The name that a text led to last, with the time that the event had. */
interface LastName {
  time: string | undefined;
  name: FileName | undefined;
}

type Level = Map<string | undefined, Level | FileName>;

/**
 * From an event to its file's name. The texts of the template's parts lead through maps to a name made before, so
 * that no path is put together for each event. What is remembered is bounded, and forgotten as a whole: users and
 * days go on coming.
 */
export class FileNames {
  readonly #layout: PathLayout;
  /** The order of looking up: times first, as they are few. */
  readonly #order: readonly number[];
  readonly #texts: (string | undefined)[];
  #root: Level = new Map();
  #weight = 0;
  // A time and a field are what most templates have: then each of the field's texts has at hand the name that it led to last.
  readonly #time: TemplatePart | undefined;
  readonly #path: FieldPath | undefined;
  #last: PerText<LastName> | undefined;

  constructor(layout: PathLayout) {
    this.#layout = layout;
    const indexes = [...layout.parts.keys()];
    this.#order = indexes.sort((one, other) => rank(layout, one) - rank(layout, other));
    this.#texts = new Array(indexes.length).fill(undefined);
    const [time, field] = this.#order.map((index) => layout.parts[index]);
    if (this.#order.length === 2 && time.kind === "time" && field.kind === "field") {
      [this.#time, this.#path] = [time, field.path];
      this.#last = lastNames(field.path);
    }
  }

  of(event: Event): FileName {
    const last = this.#last?.of(event);
    if (last === undefined) return this.#lookUp(event);
    const time = (this.#time as TemplatePart).text(event);
    if (last.name === undefined || last.time !== time) {
      last.name = this.#lookUp(event);
      last.time = time;
    }
    return last.name;
  }

  #lookUp(event: Event): FileName {
    const { parts } = this.#layout;
    const order = this.#order;
    let found: Level | FileName | undefined = this.#root;
    for (let at = 0; at < order.length; at++) {
      const index = order[at];
      const text = parts[index].text(event);
      this.#texts[index] = text;
      if (found !== undefined) found = (found as Level).get(text);
    }
    if (order.length === 0) found = (found as Level).get(undefined);
    return (found as FileName | undefined) ?? this.#remember();
  }

  #remember(): FileName {
    const texts = this.#texts;
    const name: FileName = { path: this.#layout.compose(texts), isRemembered: false, batch: -1, index: -1 };
    let weight = OVERHEAD + name.path.length;
    for (const text of texts) {
      if (text !== undefined && text.length > LONGEST_REMEMBERED) return name;
      weight += text?.length ?? 0;
    }
    if (this.#weight + weight > MOST_CHARACTERS) {
      this.#root = new Map();
      this.#last &&= lastNames(this.#path as FieldPath);
      this.#weight = 0;
    }
    this.#weight += weight;
    let level = this.#root;
    for (const index of this.#order.slice(0, -1)) {
      let next = level.get(texts[index]) as Level | undefined;
      if (next === undefined) {
        next = new Map();
        this.#weight += OVERHEAD;
        level.set(texts[index], next);
      }
      level = next;
    }
    const last = this.#order.at(-1);
    level.set(last === undefined ? undefined : texts[last], name);
    name.isRemembered = true;
    return name;
  }
}

const lastNames = (path: FieldPath): PerText<LastName> =>
  new PerText(path, () => ({ time: undefined, name: undefined }));

function rank(layout: PathLayout, index: number): number {
  return layout.parts[index].kind === "time" ? 0 : 1;
}
