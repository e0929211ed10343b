import { stringEquals, walkObject } from "../json/walk.ts";
import type { FieldPath } from "./field-path.ts";
import { cutMembers } from "./remove-members.ts";
import { Splice } from "./splice.ts";

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * The object with the field set to a value given as JSON: in the place of its last occurrence, the only one that
 * stays; else at the end of the last parent there is, with the parents that are missing.
 */
export function setMember(object: Buffer, path: FieldPath, value: Uint8Array): Buffer {
  const splice = new Splice();
  replaceMember(object, 0, path, 0, value, splice);
  return splice.apply(object);
}

function replaceMember(
  object: Buffer,
  start: number,
  path: FieldPath,
  depth: number,
  value: Uint8Array,
  splice: Splice,
): void {
  const key = path.keys[depth];
  let occurrences = 0;
  let [lastKey, lastStart, lastEnd] = [0, 0, 0];
  let isEmpty = true;
  const end = walkObject(object, start, (keyStart, keyEnd, valueStart, valueEnd) => {
    isEmpty = false;
    if (!stringEquals(object, keyStart, keyEnd, key)) return;
    occurrences++;
    [lastKey, lastStart, lastEnd] = [keyStart, valueStart, valueEnd];
  });
  if (occurrences === 0) {
    const opening = `${isEmpty ? "" : ","}${JSON.stringify(key)}:`;
    splice.replace(end - 1, end - 1, Buffer.concat([Buffer.from(opening), wrap(path.keys, depth + 1, value)]));
    return;
  }
  if (occurrences > 1) cutEarlier(object, start, lastKey, path, depth, splice);
  const isParent = depth < path.keys.length - 1;
  if (isParent && object[lastStart] === OPEN_BRACE) replaceMember(object, lastStart, path, depth + 1, value, splice);
  else splice.replace(lastStart, lastEnd, wrap(path.keys, depth + 1, value));
}

/** Cuts the field out of the members before the one whose key begins at `lastKey`. */
function cutEarlier(
  object: Buffer,
  start: number,
  lastKey: number,
  path: FieldPath,
  depth: number,
  splice: Splice,
): void {
  const isParent = depth < path.keys.length - 1;
  const key = path.keys[depth];
  let cutFrom = -1;
  walkObject(object, start, (keyStart, keyEnd, valueStart) => {
    if (cutFrom >= 0) splice.cut(cutFrom, keyStart);
    cutFrom = -1;
    if (keyStart === lastKey) return false;
    if (!stringEquals(object, keyStart, keyEnd, key)) return;
    if (!isParent) cutFrom = keyStart;
    else if (object[valueStart] === OPEN_BRACE) cutMembers(object, valueStart, [path], depth + 1, splice);
    return;
  });
}

function wrap(keys: readonly string[], depth: number, value: Uint8Array): Uint8Array {
  const inner = keys.slice(depth);
  if (inner.length === 0) return value;
  const opening = inner.map((key) => `{${JSON.stringify(key)}:`).join("");
  return Buffer.concat([Buffer.from(opening), value, Buffer.alloc(inner.length, CLOSE_BRACE)]);
}
