import { Condition, defineFilter, judge } from "../../src/plugin.ts";
import { keepWhere } from "./each-event.ts";

/** Takes events out of the pipeline on purpose. */
export default defineFilter({
  description:
    "Drops the events that a condition holds for. An event for which it cannot be decided (a field is absent, a type is wrong) is kept.",
  options: {
    type: "object",
    properties: {
      when: {
        type: "string",
        format: "condition",
        description: "A CEL expression; `self` is the event as it stands here.",
        examples: ['self.stage == "RequestReceived"', 'self.verb in ["get", "list", "watch"] && has(self.objectRef)'],
      },
    },
    required: ["when"],
  },
  create({ when }, context) {
    const condition = Condition.parse(when);
    const holds = judge(condition, context, false);
    return {
      reads: condition.fields,
      apply: (events) => keepWhere(events, (event) => !holds(event)),
    };
  },
});
