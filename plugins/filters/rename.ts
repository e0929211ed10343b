import { defineFilter, type Edit, type Event, edit, type FieldPath, field } from "../../src/plugin.ts";
import { changeEach } from "./each-event.ts";

interface Move {
  readonly from: FieldPath;
  readonly to: FieldPath;
}

/**
 * Moves values to other fields, to the letter and all at once, so that two fields can change places.
 * Without `before`: an event that has none of the fields has everything where it was, and one that was changed reads
 * what moved from its own bytes.
 */
export default defineFilter({
  description:
    "Renames fields, nested ones included: the value moves to the letter, and takes the place of what stood there. " +
    "All are renamed at once; a field that is absent is passed over.",
  options: {
    type: "object",
    properties: {
      fields: {
        type: "object",
        additionalProperties: { type: "string", format: "field" },
        minProperties: 1,
        description: "The old field paths, each with the new one.",
        examples: [{ "user.username": "actor", verb: "action.name" }],
      },
    },
    required: ["fields"],
  },
  check: ({ fields }) => void movesOf(fields),
  create({ fields }) {
    const moves = movesOf(fields);
    return {
      reads: moves.map(({ from }) => from),
      apply: (events) => changeEach(events, (event) => rename(event, moves)),
    };
  },
});

function rename(event: Event, moves: readonly Move[]): Event {
  const removals: Edit[] = [];
  const settings: Edit[] = [];
  for (const { from, to } of moves) {
    const raw = event.has(from) ? event.raw(from) : undefined;
    if (raw === undefined) continue;
    removals.push({ remove: from });
    settings.push({ set: to, raw });
  }
  return settings.length === 0 ? event : edit(event, ...removals, ...settings);
}

/** @throws SyntaxError where one field would have two values, or keep its own */
function movesOf(fields: Readonly<Record<string, string>>): readonly Move[] {
  const moves = Object.entries(fields).map(([from, to]) => ({ from: field(from), to: field(to) }));
  const sources = new Map<FieldPath, FieldPath>();
  for (const { from, to } of moves) {
    if (from === to) throw new SyntaxError(`"${from.text}" is renamed to itself: remove that line`);
    const other = sources.get(to);
    if (other)
      throw new SyntaxError(`"${other.text}" and "${from.text}" are both renamed to "${to.text}": give each its own`);
    sources.set(to, from);
  }
  return moves;
}
