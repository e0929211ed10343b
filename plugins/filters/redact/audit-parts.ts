import { decodeString, type Span, stringEquals, walkObject } from "../../../src/plugin.ts";
import { isNamedByToken, type SensitiveResources } from "./resources.ts";

const OPEN_OBJECT = 0x7b;
const QUOTE = 0x22;

/** The parts of an audit event that say what it is about, at every occurrence. */
export interface AuditParts {
  readonly objectRefs: Span[];
  readonly requestObjects: Span[];
  readonly responseObjects: Span[];
  /** What stands under `event`: an audit event once more, in the layout that Logstash users know. */
  readonly nested: Span[];
}

/** Whether the event is about a sensitive resource, and whether its object's name is one more secret. */
export interface Subject {
  readonly isSensitive: boolean;
  readonly isNamedByToken: boolean;
}

/** The parts of the objects at `spans`, all together. */
export function collectParts(buffer: Uint8Array, spans: readonly Span[]): AuditParts {
  const parts: AuditParts = { objectRefs: [], requestObjects: [], responseObjects: [], nested: [] };
  const lists = [
    ["objectRef", parts.objectRefs],
    ["requestObject", parts.requestObjects],
    ["responseObject", parts.responseObjects],
    ["event", parts.nested],
  ] as const;
  for (const span of spans) {
    if (buffer[span.start] !== OPEN_OBJECT) continue;
    walkObject(buffer, span.start, (keyStart, keyEnd, start, end) => {
      for (const [key, list] of lists) {
        if (stringEquals(buffer, keyStart, keyEnd, key)) list.push({ start, end });
      }
    });
  }
  return parts;
}

/** What `objectRef` says the event is about. Where it says two things, the one that hides more counts. */
export function readSubject(buffer: Uint8Array, { objectRefs }: AuditParts, resources: SensitiveResources): Subject {
  let isSensitive = false;
  let hidesName = false;
  for (const { start } of objectRefs) {
    if (buffer[start] !== OPEN_OBJECT) continue;
    const names: string[] = [];
    const subresources: string[] = [];
    const groups: string[] = [];
    walkObject(buffer, start, (keyStart, keyEnd, from, to) => {
      if (buffer[from] !== QUOTE) return;
      if (stringEquals(buffer, keyStart, keyEnd, "resource")) names.push(decodeString(buffer, from, to));
      else if (stringEquals(buffer, keyStart, keyEnd, "subresource")) subresources.push(decodeString(buffer, from, to));
      else if (stringEquals(buffer, keyStart, keyEnd, "apiGroup")) groups.push(decodeString(buffer, from, to));
    });
    if (subresources.length === 0) subresources.push("");
    if (groups.length === 0) groups.push("");
    isSensitive ||= anyOf(names, subresources, groups, resources);
    hidesName ||= names.some(isNamedByToken);
  }
  return { isSensitive, isNamedByToken: hidesName };
}

/** Only who wrote the event by hand repeats keys: a few of their values are enough to tell. */
const MOST_VALUES = 8;

function anyOf(names: string[], subresources: string[], groups: string[], resources: SensitiveResources): boolean {
  if (Math.max(names.length, subresources.length, groups.length) > MOST_VALUES) return true;
  return names.some((name) =>
    subresources.some((subresource) => groups.some((group) => resources.includes(name, subresource, group))),
  );
}
