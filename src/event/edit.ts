import { findLast } from "../json/walk.ts";
import { editNoted } from "./edit-noted.ts";
import { EditedEvent } from "./edited-event.ts";
import type { Event } from "./event.ts";
import type { Edit } from "./field-edit.ts";
import type { FieldPath } from "./field-path.ts";
import { NestedEvent } from "./nested-event.ts";
import { notedBytes } from "./noted-bytes.ts";
import { removeMembers } from "./remove-members.ts";
import { setMember } from "./set-member.ts";

/** A new event with these changes, one after the other; the event itself where they change nothing. */
export function edit(event: Event, ...edits: readonly Edit[]): Event {
  const noted = notedBytes(event);
  const patch = noted && editNoted(noted, edits);
  if (noted === undefined || patch === undefined) return editWalking(event, edits);
  if (patch.isEmpty) return event;
  const touched: FieldPath[] = [];
  const written: FieldPath[] = [];
  for (const change of edits) {
    if ("remove" in change) touched.push(change.remove);
    else if ("set" in change) {
      touched.push(change.set);
      written.push(change.set);
    }
  }
  return new EditedEvent(event, patch.apply(noted.buffer, noted.start, noted.end), touched, written);
}

/** The long way: each edit walks over the bytes. */
function editWalking(event: Event, edits: readonly Edit[]): Event {
  const original = Buffer.allocUnsafe(event.byteLength);
  event.copyTo(original, 0);
  let bytes: Buffer = original;
  const touched: FieldPath[] = [];
  const written: FieldPath[] = [];
  for (let index = 0; index < edits.length; index++) {
    const change = edits[index];
    if ("remove" in change) {
      const paths = removalsFrom(edits, index);
      index += paths.length - 1;
      bytes = removeMembers(bytes, paths);
      touched.push(...paths);
    } else if ("rename" in change) {
      const value = bytes === original ? event.raw(change.rename) : find(bytes, change.rename);
      if (value === undefined) continue;
      bytes = setMember(removeMembers(bytes, [change.rename]), change.to, value);
      touched.push(change.rename, change.to);
      written.push(change.to);
    } else {
      const value = "raw" in change ? change.raw : Buffer.from(JSON.stringify(change.value));
      bytes = setMember(bytes, change.set, value);
      touched.push(change.set);
      written.push(change.set);
    }
  }
  return bytes === original ? event : new EditedEvent(event, bytes, touched, written);
}

function find(bytes: Buffer, path: FieldPath): Uint8Array | undefined {
  const span = findLast(bytes, 0, bytes.length, path.keys);
  return span && bytes.subarray(span.start, span.end);
}

/** Removals that follow each other take one pass. */
function removalsFrom(edits: readonly Edit[], start: number): FieldPath[] {
  const paths: FieldPath[] = [];
  for (let index = start; index < edits.length; index++) {
    const change = edits[index];
    if (!("remove" in change)) break;
    paths.push(change.remove);
  }
  return paths;
}

/** A new event that has this one as the value of its only field. No bytes are copied. */
export function nest(event: Event, under: string): Event {
  return new NestedEvent(event, under);
}
