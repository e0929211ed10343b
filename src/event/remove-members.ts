import { stringEquals, walkObject } from "../json/walk.ts";
import type { FieldPath } from "./field-path.ts";
import { Splice } from "./splice.ts";

const OPEN_BRACE = 0x7b;
const NOWHERE = -1;

/** The object without these fields, at every occurrence, in one pass; the buffer itself where they are absent. */
export function removeMembers(object: Buffer, paths: readonly FieldPath[]): Buffer {
  const splice = new Splice();
  cutMembers(object, 0, paths, 0, splice);
  return splice.apply(object);
}

/** Cuts the fields out of the object that begins at `start`: their keys from `depth` on. */
export function cutMembers(
  object: Buffer,
  start: number,
  paths: readonly FieldPath[],
  depth: number,
  splice: Splice,
): void {
  // With a member goes its comma: the one before it, or the one behind it as long as nothing before it stays.
  let stays = false;
  let cutFrom = NOWHERE;
  let before = start + 1;
  walkObject(object, start, (keyStart, keyEnd, valueStart, valueEnd) => {
    let goes = false;
    let below: FieldPath[] | undefined;
    for (const path of paths) {
      if (!stringEquals(object, keyStart, keyEnd, path.keys[depth])) continue;
      if (depth === path.keys.length - 1) goes = true;
      else if (below === undefined) below = [path];
      else below.push(path);
    }
    if (goes && stays) splice.cut(before, valueEnd);
    else if (goes && cutFrom === NOWHERE) cutFrom = keyStart;
    if (!goes) {
      if (cutFrom !== NOWHERE) splice.cut(cutFrom, keyStart);
      cutFrom = NOWHERE;
      stays = true;
      if (below !== undefined && object[valueStart] === OPEN_BRACE)
        cutMembers(object, valueStart, below, depth + 1, splice);
    }
    before = valueEnd;
  });
  if (cutFrom !== NOWHERE) splice.cut(cutFrom, before);
}
