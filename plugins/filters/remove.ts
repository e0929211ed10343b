import { defineFilter, edit, field } from "../../src/plugin.ts";
import { changeEach } from "./each-event.ts";
import { Presence } from "./presence.ts";

/** Removes fields at every occurrence; what is left keeps its bytes. */
export default defineFilter({
  description: "Removes fields. An event that has none of them stays byte for byte; an emptied parent stays as `{}`.",
  options: {
    type: "object",
    properties: {
      fields: {
        type: "array",
        items: { type: "string", format: "field" },
        minItems: 1,
        description: "The fields to remove.",
        examples: [["userAgent", "user.extra", 'annotations["authorization.k8s.io/reason"]']],
      },
    },
    required: ["fields"],
  },
  create({ fields }) {
    const paths = fields.map((path) => field(path));
    const removals = paths.map((path) => ({ remove: path }));
    const presence = new Presence(paths);
    return {
      reads: presence.reads,
      watches: presence.watches,
      apply: (events) => changeEach(events, (event) => (presence.mayBeIn(event) ? edit(event, ...removals) : event)),
    };
  },
});
