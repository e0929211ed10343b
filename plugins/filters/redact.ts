import { defineFilter, type Event, field } from "../../src/plugin.ts";
import { changeEach } from "./each-event.ts";
import { changeElements, lists } from "./redact/event-list.ts";
import { placeBelow } from "./redact/place.ts";
import { redact } from "./redact/redaction.ts";
import { DEFAULT_RESOURCES, SensitiveResources } from "./redact/resources.ts";
import { Suspicion } from "./redact/suspicion.ts";

/**
 * Takes secrets out of audit events: bodies of sensitive resources, and what repeats them elsewhere.
 *
 * A body that holds a sensitive object anywhere is redacted whole: a list's other items, too. Not seen are bodies that are
 * strings (an audit event inside another's string), and bodies without a `kind` in events without an `objectRef`: redact
 * before a filter moves or removes that.
 */
export default defineFilter({
  description:
    "Removes or masks request and response bodies that hold secrets, known by `objectRef` or by the `kind` of the body or of " +
    "anything in it (lists, table rows, templates, patches), and `last-applied-configuration` annotations that repeat such an " +
    'object. `annotations["sluice/redacted"]` then lists what was redacted; an event with nothing to redact stays byte for ' +
    "byte. Works on audit events nested under `event`, too, and on those of a list (`items`) that is not split.",
  options: {
    type: "object",
    properties: {
      resources: {
        type: "array",
        items: { type: "string", minLength: 1 },
        default: DEFAULT_RESOURCES,
        description:
          "The resources whose bodies are redacted, in the plural and in lower case: `resource`, `resource/subresource` or " +
          "`resource.group` (the kind of a body counts in any group). Replaces the defaults.",
        examples: [[...DEFAULT_RESOURCES, "certificatesigningrequests", "oauthclients"]],
      },
      fields: {
        type: "array",
        items: { type: "string", format: "field" },
        default: [],
        description:
          "Fields to redact besides, in every event that has them. `requestURI` holds what was run by exec (`command=`) and " +
          "codes and tokens of logins; the names of OAuth tokens in `objectRef.name` are tokens themselves in OpenShift before 4.6.",
        examples: [["requestURI", "user.extra"]],
      },
      mode: {
        type: "string",
        enum: ["remove", "mask"],
        default: "remove",
        description:
          '`remove` drops a body, an annotation, a field. `mask` keeps its shape and keys: strings become `"***"` and numbers 0; ' +
          "`kind`, `apiVersion`, `metadata.name` and `metadata.namespace` of a body and of its items stay (an OAuth token's " +
          "name does not), and where a JSON Patch acts.",
      },
    },
  },
  check: ({ resources }) => void new SensitiveResources(resources),
  create({ resources, fields, mode }) {
    const sensitive = new SensitiveResources(resources);
    const further = fields.map((path) => field(path));
    const places = [placeBelow([], further), placeBelow(["event"], further)] as const;
    const suspicion = new Suspicion(places, sensitive);
    const redaction = { resources: sensitive, mode };
    const redactOne = (event: Event): Event => (suspicion.falls(event) ? redact(event, places, redaction) : event);
    return {
      reads: [...suspicion.reads, ...lists.reads],
      watches: [...suspicion.watches, ...lists.watches],
      apply: (events) =>
        changeEach(events, (event) => {
          const after = redactOne(event);
          return lists.mayBeIn(event) ? changeElements(after, redactOne) : after;
        }),
    };
  },
});
