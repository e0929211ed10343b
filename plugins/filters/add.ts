import {
  defineFilter,
  type Edit,
  type Event,
  edit,
  type FieldPath,
  field,
  type Json,
  Template,
} from "../../src/plugin.ts";

interface Addition {
  readonly path: FieldPath;
  readonly template?: Template;
  edit(event: Event): Edit;
}

/** Puts fields into events: what is the same for all, or made of their own fields and origin. */
export default defineFilter({
  description:
    "Adds fields: constants of any type, and templates. A field of that name is replaced, a missing parent is made. " +
    "A place in a template for a field that is absent is left empty.",
  options: {
    type: "object",
    properties: {
      fields: {
        type: "object",
        additionalProperties: { anyValue: true },
        minProperties: 1,
        description:
          "The field paths, each with its value. `{{ … }}` in a string is a field of the event, or where it came from.",
        examples: [
          { cluster: "prod-eu", "labels.team": "platform", seen_by: "{{ @host }}", who: "{{ user.username }}" },
        ],
      },
    },
    required: ["fields"],
  },
  create({ fields }) {
    const additions = Object.entries(fields).map(([path, value]) => createAddition(field(path), value as Json));
    return {
      reads: additions.flatMap(({ template }) => template?.fields ?? []),
      apply: (events) => events.map((event) => edit(event, ...additions.map((addition) => addition.edit(event)))),
    };
  },
});

function createAddition(path: FieldPath, value: Json): Addition {
  if (typeof value === "string") {
    const template = Template.parse(value);
    if (template.parts.some(({ kind }) => kind !== "literal")) {
      return { path, template, edit: (event) => ({ set: path, value: template.render(event) }) };
    }
    value = template.parts.map((part) => (part.kind === "literal" ? part.literal : "")).join("");
  }
  const constant: Edit = { set: path, raw: Buffer.from(JSON.stringify(value)) };
  return { path, edit: () => constant };
}
