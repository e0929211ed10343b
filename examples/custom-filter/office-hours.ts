import { defineFilter, edit, field } from "sluice";

const MARK = field("outside_office_hours");

/** Marks what happens when nobody should be at work. */
export default defineFilter({
  description: "Marks events outside office hours (UTC).",
  options: {
    type: "object",
    properties: {
      from: { type: "integer", minimum: 0, maximum: 23, default: 8, description: "The first hour of work." },
      to: { type: "integer", minimum: 1, maximum: 24, default: 18, description: "The hour at which work is over." },
    },
  },
  create({ from, to }, context) {
    return {
      apply: (events) =>
        events.map((event) => {
          const hour = new Date(event.time).getUTCHours();
          if (hour >= from && hour < to) return event;
          context.count("marked");
          return edit(event, { set: MARK, value: true });
        }),
    };
  },
});
