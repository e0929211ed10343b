import { type Event, edit, type FieldPath, field, findAll } from "../../../src/plugin.ts";
import { Presence } from "../presence.ts";

/** Where a list of events has them, as an EventList that was not split: the list as the event itself, or nested in it. */
const LISTS: readonly FieldPath[] = [field("items"), field("event.items")];

/** Tells which events certainly are no lists. */
export const lists = new Presence(LISTS);

const [OPEN, COMMA, CLOSE] = ["[", ",", "]"].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

/**
 * A list with each of its events changed, as deep as one level; the event itself where it is no list of objects, or none of
 * them changes.
 */
export function changeElements(event: Event, change: (element: Event) => Event): Event {
  return LISTS.reduce((list, path) => changeBelow(list, path, change), event);
}

function changeBelow(event: Event, path: FieldPath, change: (element: Event) => Event): Event {
  const elements = event.elements(path);
  if (elements === undefined) return event;
  const after = elements.map(change);
  // Where the list stands twice, only the last counts: the first, which nobody reads, goes.
  const isChanged = after.some((element, index) => element !== elements[index]) || occursTwice(event, path);
  return isChanged ? edit(event, { set: path, raw: listOf(after) }) : event;
}

function occursTwice({ bytes }: Event, { keys }: FieldPath): boolean {
  return findAll(bytes, 0, bytes.length, keys).length > 1;
}

const listOf = (elements: readonly Event[]): Buffer =>
  Buffer.concat([OPEN, ...elements.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [COMMA, bytes])), CLOSE]);
