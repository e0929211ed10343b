import type { Json } from "../../src/json/json.ts";
import type { Keys, Watch } from "../../src/json/layout.ts";
import { decodeValue, findAll, stringEquals, walkArray, walkObject } from "../../src/json/walk.ts";

/** What Sluice promises to agree with: strict UTF-8, then `JSON.parse`. Undefined for what is no JSON. */
export function parse(bytes: Uint8Array): { readonly value: Json } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)) as Json };
  } catch {
    return undefined;
  }
}

/** The value at a path of a parsed document. */
export function valueAt(value: Json, keys: Keys): Json | undefined {
  let found: Json | undefined = value;
  for (const key of keys) {
    if (typeof found !== "object" || found === null || Array.isArray(found) || !Object.hasOwn(found, key))
      return undefined;
    found = (found as { readonly [key: string]: Json })[key];
  }
  return found;
}

/** Whether the valid JSON in `buffer[start, end)` holds what the watch looks out for, hidden in duplicates and escapes or not. */
export function isThere(buffer: Uint8Array, start: number, end: number, watch: Watch): boolean {
  return watch.under.some((keys) => findAll(buffer, start, end, keys).some((span) => holds(buffer, span.start, watch)));
}

function holds(buffer: Uint8Array, start: number, watch: Watch): boolean {
  let found = false;
  if (buffer[start] === 0x5b) walkArray(buffer, start, (element) => !(found ||= holds(buffer, element, watch)));
  if (buffer[start] === 0x7b) {
    walkObject(buffer, start, (keyStart, keyEnd, valueStart, valueEnd) => {
      if (stringEquals(buffer, keyStart, keyEnd, watch.key)) {
        const value = decodeValue(buffer, valueStart, valueEnd);
        found ||= accepts(watch, value);
      }
      return !(found ||= holds(buffer, valueStart, watch));
    });
  }
  return found;
}

function accepts({ values, containing }: Watch, value: Json): boolean {
  if (values === undefined && containing === undefined) return true;
  if (values?.some((accepted) => accepted === value)) return true;
  return typeof value === "string" && containing?.some((text) => holdsText(value, text)) === true;
}

/** Whether a text stands in a string, or in a string in the JSON that the string holds, and so on. */
function holdsText(value: string, text: string): boolean {
  if (value.includes(text)) return true;
  const inner = parse(Buffer.from(value))?.value;
  return inner !== undefined && stringsIn(inner).some((string) => holdsText(string, text));
}

function stringsIn(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(stringsIn)];
}

/** Whether the value at `start` is an object with a key that is written with escapes. */
export function hasEscapedKey(buffer: Uint8Array, start: number): boolean {
  let found = false;
  if (buffer[start] === 0x7b) {
    walkObject(buffer, start, (keyStart, keyEnd) => {
      found ||= buffer.subarray(keyStart, keyEnd).includes(0x5c);
    });
  }
  return found;
}
