import { BYTE, isSpace } from "../json/bytes.ts";
import { ROW } from "../json/layout.ts";
import { skipSpace } from "../json/skip.ts";
import { stringEquals, walkObject } from "../json/walk.ts";
import { matchesBytes } from "../json/watch-list.ts";
import type { Edit } from "./field-edit.ts";
import { type FieldPath, field, isWithin } from "./field-path.ts";
import type { NotedBytes } from "./noted-bytes.ts";
import { Patch } from "./patch.ts";

const CLOSING = Uint8Array.of(BYTE.CLOSE_OBJECT);

/** Each is compared with all other edits: more are rather left to the long way. */
const MOST_SETS = 4;

/** What a path's keys are in JSON. */
interface Written {
  readonly parent: FieldPath | undefined;
  /** `"c"` of `a.b.c`. */
  readonly key: Buffer;
  /** `"c":` of `a.b.c`: what a new member begins with. */
  readonly opening: Opening;
  /** The same with the parent, `"b":{"c":`. */
  readonly parentOpening: Opening;
}

interface Opening {
  readonly asFirst: Buffer;
  /** With a comma. */
  readonly behindOthers: Buffer;
}

const NOTHING: readonly Uint8Array[] = [];

/** By the paths' ids. */
const known: (Written | undefined)[] = [];

/**
 * The short way of an edit: the changes where the scan has noted the fields, without a look at the other bytes. Undefined
 * where they take the long way, by which the bytes become the same: a field was not noted, a member is the first of
 * its object, edits touch each other.
 */
export function editNoted(noted: NotedBytes, edits: readonly Edit[]): Patch | undefined {
  if (!areApart(edits)) return undefined;
  const patch = new Patch();
  let hasInserted = false;
  for (const change of edits) {
    if ("remove" in change) {
      if (!removeNoted(noted, change.remove, patch)) return undefined;
    } else if ("set" in change) {
      const value = "raw" in change ? change.raw : Buffer.from(JSON.stringify(change.value));
      const done = setNoted(noted, change.set, value, patch);
      // The second of two new members might belong where the first one went.
      if (done === undefined || (done === "inserted" && hasInserted)) return undefined;
      hasInserted ||= done === "inserted";
    }
  }
  return patch;
}

/** Whether the order of the edits does not matter: where a value is set, no other acts, above or below. */
function areApart(edits: readonly Edit[]): boolean {
  let sets = 0;
  for (const change of edits) {
    if ("rename" in change) return false;
    if ("remove" in change) continue;
    if (++sets > MOST_SETS) return false;
    for (const other of edits) {
      if (other === change || "rename" in other) continue;
      const path = "set" in other ? other.set : other.remove;
      if (isWithin(path, change.set) || isWithin(change.set, path)) return false;
    }
  }
  return true;
}

function removeNoted({ buffer, start, table, row, slots }: NotedBytes, path: FieldPath, patch: Patch): boolean {
  const slot = slots.of(path);
  if (slot < 0) return false;
  const pair = row + ROW.FIELDS + 2 * slot;
  const valueEnd = table[pair + 1];
  if (valueEnd === 0) return true;
  const colon = beforeSpace(buffer, table[pair], start) - 1;
  if (buffer[colon] !== BYTE.COLON) return false;
  const { key } = written(path);
  const keyStart = beforeSpace(buffer, colon, start) - key.length;
  if (keyStart <= start || !matchesBytes(buffer, keyStart, keyStart + key.length, key)) return false;
  const comma = beforeSpace(buffer, keyStart, start) - 1;
  // What goes with the first member of an object depends on the others.
  if (buffer[comma] !== BYTE.COMMA) return false;
  return patch.replace(beforeSpace(buffer, comma, start), valueEnd, NOTHING);
}

/** Whether the value was put in the place of another or made a new member; undefined if it was not set. */
type SetNoted = "replaced" | "inserted" | undefined;

function setNoted(noted: NotedBytes, path: FieldPath, value: Uint8Array, patch: Patch): SetNoted {
  const { buffer, start, end, table, row, slots } = noted;
  const { parent, opening, parentOpening } = written(path);
  const slot = slots.of(path);
  const pair = row + ROW.FIELDS + 2 * slot;
  if (slot >= 0 && table[pair + 1] !== 0)
    return patch.replace(table[pair], table[pair + 1], [value]) ? "replaced" : undefined;
  if (parent === undefined) return slot < 0 ? undefined : insert(buffer, start, end, opening, [value], patch);

  const parentSlot = slots.of(parent);
  if (parentSlot < 0) return undefined;
  const parentPair = row + ROW.FIELDS + 2 * parentSlot;
  const [parentStart, parentEnd] = [table[parentPair], table[parentPair + 1]];
  if (parentEnd !== 0) return setMember(buffer, parentStart, parentEnd, path, value, patch);
  if (parent.rest !== undefined) return undefined;
  return insert(buffer, start, end, parentOpening, [value, CLOSING], patch);
}

/** Sets a member of the value in `buffer[start, end)`, whose members the scan has not noted. */
function setMember(
  buffer: Buffer,
  start: number,
  end: number,
  path: FieldPath,
  value: Uint8Array,
  patch: Patch,
): SetNoted {
  if (buffer[start] !== BYTE.OPEN_OBJECT) return undefined;
  const key = path.keys.at(-1) as string;
  let occurrences = 0;
  let lastStart = 0;
  let lastEnd = 0;
  walkObject(buffer, start, (keyStart, keyEnd, valueStart, valueEnd) => {
    if (!stringEquals(buffer, keyStart, keyEnd, key)) return;
    occurrences++;
    lastStart = valueStart;
    lastEnd = valueEnd;
  });
  if (occurrences === 0) return insert(buffer, start, end, written(path).opening, [value], patch);
  return occurrences === 1 && patch.replace(lastStart, lastEnd, [value]) ? "replaced" : undefined;
}

/** Puts a member at the end of the object in `buffer[start, end)`. */
function insert(
  buffer: Buffer,
  start: number,
  end: number,
  opening: Opening,
  parts: readonly Uint8Array[],
  patch: Patch,
): SetNoted {
  const isEmpty = skipSpace(buffer, start + 1) === end - 1;
  const member = [isEmpty ? opening.asFirst : opening.behindOthers, ...parts];
  return patch.replace(end - 1, end - 1, member) ? "inserted" : undefined;
}

/** Behind the last byte before `at` that is no white space; `floor` at the least. */
function beforeSpace(buffer: Uint8Array, at: number, floor: number): number {
  let end = at;
  while (end > floor && isSpace(buffer[end - 1])) end--;
  return end;
}

function written(path: FieldPath): Written {
  return (known[path.id] ??= write(path));
}

function write({ keys }: FieldPath): Written {
  const [key, parentKey] = [keys.at(-1), keys.at(-2)].map((name) => JSON.stringify(name ?? ""));
  return {
    parent: keys.length > 1 ? field(keys.slice(0, -1)) : undefined,
    key: Buffer.from(key),
    opening: openingOf(`${key}:`),
    parentOpening: openingOf(`${parentKey}:{${key}:`),
  };
}

const openingOf = (text: string): Opening => ({ asFirst: Buffer.from(text), behindOthers: Buffer.from(`,${text}`) });
