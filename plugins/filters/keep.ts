import { defineFilter, field } from "../../src/plugin.ts";
import { changeEach } from "./each-event.ts";
import { keepFields } from "./keep/kept-event.ts";
import { growKeptTree } from "./keep/kept-tree.ts";

/** Removes everything but some fields: the safe way round where nobody knows all that events may hold. */
export default defineFilter({
  description:
    "Keeps some fields and removes all others. Values stay to the letter; the fields stand in the order of the list. " +
    "The event keeps its time, though the field that holds it may be gone.",
  options: {
    type: "object",
    properties: {
      fields: {
        type: "array",
        items: { type: "string", format: "field" },
        minItems: 1,
        description: "The fields to keep; one that is absent is passed over.",
        examples: [["stageTimestamp", "user.username", "verb", "objectRef", "responseStatus.code"]],
      },
    },
    required: ["fields"],
  },
  create({ fields }) {
    const tree = growKeptTree(fields.map((path) => field(path)));
    return {
      reads: tree.leaves,
      apply: (events) => changeEach(events, (event) => keepFields(event, tree)),
    };
  },
});
