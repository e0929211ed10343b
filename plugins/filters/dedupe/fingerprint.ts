import { hash } from "node:crypto";
import type { Event, FieldPath } from "../../../src/plugin.ts";

/** What tells one event from all others: a character a byte of a SHA-256. Undefined: the event is like no other. */
export type Fingerprint = (event: Event) => string | undefined;

/** How many characters a fingerprint has. */
export const FINGERPRINT_LENGTH = 32;

/** Longer events are hashed from a copy of their own. */
const ROOM = Buffer.allocUnsafeSlow(65_536);

/**
 * By the event's bytes. Nobody can make two events with one SHA-256, so that nobody can hide one behind another;
 * no secret is needed for that, which would have to be kept.
 */
export const fingerprintBytes: Fingerprint = (event) => {
  const { byteLength } = event;
  if (byteLength > ROOM.length) return hash("sha256", event.bytes, "binary");
  event.copyTo(ROOM, 0);
  return hash("sha256", ROOM.subarray(0, byteLength), "binary");
};

/**
 * By some fields. Strings count decoded, so that another way to write one is no way around; all else counts as it is
 * written, so that no number is taken for another whose digits a double cannot tell apart. An event in which one is
 * absent or null has no fingerprint: nothing says that it is the same as another.
 */
export function fingerprintFields(fields: readonly FieldPath[]): Fingerprint {
  return (event) => {
    const values: string[] = [];
    for (const path of fields) {
      const value = valueText(event, path);
      if (value === undefined) return undefined;
      values.push(value);
    }
    // No value has a line end: the list can be read in one way only.
    return hash("sha256", values.join("\n"), "binary");
  };
}

/** JSON text of a field's value; undefined where it is absent or null. */
function valueText(event: Event, path: FieldPath): string | undefined {
  const text = event.text(path);
  // As JSON, a surrogate that stands alone stays apart from every other one.
  if (text !== undefined) return JSON.stringify(text);
  const raw = event.raw(path);
  if (raw === undefined) return undefined;
  const json = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString();
  return json === "null" ? undefined : json;
}
