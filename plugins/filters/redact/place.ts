import { type Edit, type FieldPath, field } from "../../../src/plugin.ts";

/** Under an audit event's annotations: what was taken out of it, as a list with commas. */
const MARK = "sluice/redacted";

/** Where the parts of an audit event lie that stands in an event: as the event itself, or nested in it. */
export interface Place {
  readonly objectRef: FieldPath;
  readonly resource: FieldPath;
  readonly subresource: FieldPath;
  readonly group: FieldPath;
  readonly requestObject: FieldPath;
  readonly responseObject: FieldPath;
  readonly annotations: FieldPath;
  readonly mark: FieldPath;
  /** The edits that remove the request's body, the response's, and both, with the mark for it. */
  readonly removals: readonly (readonly Edit[])[];
  /** What is redacted beside the bodies, with the name that the mark has for it. */
  readonly fields: readonly { readonly path: FieldPath; readonly name: string }[];
}

/** The place below `keys`. */
export function placeBelow(keys: readonly string[], fields: readonly FieldPath[]): Place {
  const below = (...tail: readonly string[]): FieldPath => field([...keys, ...tail]);
  const [requestObject, responseObject] = [below("requestObject"), below("responseObject")];
  const mark = below("annotations", MARK);
  return {
    objectRef: below("objectRef"),
    resource: below("objectRef", "resource"),
    subresource: below("objectRef", "subresource"),
    group: below("objectRef", "apiGroup"),
    requestObject,
    responseObject,
    annotations: below("annotations"),
    mark,
    removals: [[requestObject], [responseObject], [requestObject, responseObject]].map((bodies) => [
      ...bodies.map((path): Edit => ({ remove: path })),
      { set: mark, raw: Buffer.from(JSON.stringify(bodies.map(({ keys }) => keys.at(-1)).join(","))) },
    ]),
    fields: fields.map((path) => ({ path: below(...path.keys), name: path.text })),
  };
}
