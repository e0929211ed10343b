import { type FieldPath, field } from "../../../src/plugin.ts";

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
  readonly mark: FieldPath;
  /** What is redacted beside the bodies, with the name that the mark has for it. */
  readonly fields: readonly { readonly path: FieldPath; readonly name: string }[];
}

/** The place below `keys`. */
export function placeBelow(keys: readonly string[], fields: readonly FieldPath[]): Place {
  const below = (...tail: readonly string[]): FieldPath => field([...keys, ...tail]);
  return {
    objectRef: below("objectRef"),
    resource: below("objectRef", "resource"),
    subresource: below("objectRef", "subresource"),
    group: below("objectRef", "apiGroup"),
    requestObject: below("requestObject"),
    responseObject: below("responseObject"),
    mark: below("annotations", MARK),
    fields: fields.map((path) => ({ path: below(...path.keys), name: path.text })),
  };
}
