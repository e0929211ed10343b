import type { Event } from "./event.ts";
import type { FieldPath } from "./field-path.ts";

/** An event that has the texts of its scalars at hand. */
export interface JsonTexts {
  /** As {@link jsonText} says. */
  jsonText(path: FieldPath): string | undefined;
}

/**
 * The value of a field that is no string as JSON text, to the letter; undefined for strings and where it is absent.
 * What `event.text` is for strings: fast for what is short and comes again.
 */
export function jsonText(event: Event | (Event & JsonTexts), path: FieldPath): string | undefined {
  if ("jsonText" in event) return event.jsonText(path);
  const json = event.raw(path);
  const text = json && Buffer.from(json.buffer, json.byteOffset, json.length).toString();
  return text?.startsWith('"') ? undefined : text;
}
