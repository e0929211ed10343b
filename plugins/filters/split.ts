import { defineFilter, type Event, type FieldPath, field } from "../../src/plugin.ts";
import { embedElements } from "./split/embedded-element.ts";

/** Makes an event of each element of a list: an EventList's items. */
export default defineFilter({
  description:
    "Makes each element of a list an event of its own. An event without the field passes as it is; one with an empty " +
    "list, or null, counts as filtered. An event whose field is no list of objects goes to the dead letters.",
  options: {
    type: "object",
    properties: {
      field: { type: "string", format: "field", description: "The list.", examples: ["items"] },
      keep_parent: {
        type: "boolean",
        default: false,
        description: "Keeps the other fields of the event, and the element in the place of the list, as Logstash does.",
      },
    },
    required: ["field"],
  },
  create({ field: list, keep_parent: keepsParent }) {
    const path = field(list);
    const split = (event: Event): readonly Event[] => {
      const elements = elementsOf(event, path);
      return keepsParent && elements[0] !== event ? embedElements(event, path, elements) : elements;
    };
    return {
      reads: [path],
      // Behind a split that keeps the parent, fields stand where they stood: nothing is noted by element.
      ...(keepsParent ? {} : { splits: path }),
      apply: (events) => splitEach(events, split),
    };
  },
});

/** The elements of the list; none where it is null; the event itself where it has no such field. */
function elementsOf(event: Event, path: FieldPath): readonly Event[] {
  const elements = event.elements(path);
  if (elements !== undefined) return elements;
  const json = event.raw(path);
  if (json === undefined) return [event];
  const first = String.fromCharCode(json[0]);
  if (first === "n") return [];
  if (first === "[")
    throw new TypeError(`"${path.text}" holds something that is no object: only objects become events`);
  throw new TypeError(`"${path.text}" is no list: split makes events of a list's elements`);
}

function splitEach(events: readonly Event[], split: (event: Event) => readonly Event[]): readonly Event[] {
  let after: Event[] | undefined;
  for (let index = 0; index < events.length; index++) {
    const event = events[index];
    const elements = split(event);
    if (after === undefined) {
      if (elements.length === 1 && elements[0] === event) continue;
      after = events.slice(0, index);
    }
    for (const element of elements) after.push(element);
  }
  return after ?? events;
}
