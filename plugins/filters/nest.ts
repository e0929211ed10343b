import { defineFilter, field, nest } from "../../src/plugin.ts";

/** Moves a whole event below one field, where users of Logstash look for it. No bytes are copied. */
export default defineFilter({
  description:
    'Makes the whole event the value of one field: `{"event": {…}}` with `under: event`, the layout that Logstash users know.',
  options: {
    type: "object",
    properties: {
      under: {
        type: "string",
        format: "field",
        description: "The field that takes the event.",
        examples: ["event", "kubernetes.audit"],
      },
    },
    required: ["under"],
  },
  create({ under }) {
    const { keys } = field(under);
    return {
      before(path) {
        const isBelow = path.keys.length > keys.length && keys.every((key, index) => path.keys[index] === key);
        return isBelow ? field(path.keys.slice(keys.length)) : undefined;
      },
      apply: (events) => events.map((event) => keys.reduceRight((inner, key) => nest(inner, key), event)),
    };
  },
});
