import type { Json } from "../json/json.ts";
import type { FieldPath } from "./field-path.ts";

/**
 * One change of an event. Each acts on every occurrence of a repeated field, so that nothing is left in the first.
 *
 * - `remove`: the field is gone; its parent stays, if empty.
 * - `rename`: the field's value, to the letter, becomes that of `to`; nothing where the field is absent.
 * - `set`: the field gets a value, given as JSON bytes with `raw`; missing parents are made, and a
 *   parent that is no object is replaced by one.
 */
export type Edit =
  | { readonly remove: FieldPath }
  | { readonly rename: FieldPath; readonly to: FieldPath }
  | { readonly set: FieldPath; readonly value: Json }
  | { readonly set: FieldPath; readonly raw: Uint8Array };
