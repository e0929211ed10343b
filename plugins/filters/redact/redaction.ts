import {
  decodeString,
  type Edit,
  type Event,
  edit,
  type FieldPath,
  field,
  findAll,
  type Span,
} from "../../../src/plugin.ts";
import { type AuditParts, collectParts, readSubject, type Subject } from "./audit-parts.ts";
import { inspect } from "./inspection.ts";
import { repeatsSensitive } from "./last-applied.ts";
import { maskBody, maskValue } from "./mask.ts";
import { cutMembers, maskMembers } from "./members.ts";
import type { Place } from "./place.ts";
import { isNamedByToken, type SensitiveResources } from "./resources.ts";

export interface Redaction {
  readonly resources: SensitiveResources;
  readonly mode: "remove" | "mask";
}

/** A change, and what the mark says of it. */
interface Change {
  readonly edit: Edit;
  readonly told: string;
}

const NESTED = field("event");

/** The event without what must not be recorded, and with a mark; the event itself where it holds nothing of it. */
export function redact(event: Event, places: readonly [Place, Place], redaction: Redaction): Event {
  return removeBodies(event, places[0], redaction) ?? redactClosely(event, places, redaction);
}

/** The short way for most of what is redacted: the event's subject says that both bodies go, and nothing else is due. */
function removeBodies(event: Event, place: Place, { resources, mode }: Redaction): Event | undefined {
  if (mode !== "remove" || place.fields.length > 0 || event.has(NESTED)) return undefined;
  const resource = event.text(place.resource);
  if (resource === undefined) return undefined;
  const [subresource, group] = [event.text(place.subresource) ?? "", event.text(place.group) ?? ""];
  if (!resources.includes(resource, subresource, group)) return undefined;
  const bodies = (event.has(place.requestObject) ? 1 : 0) + (event.has(place.responseObject) ? 2 : 0);
  return bodies === 0 ? event : edit(event, ...(place.removals[bodies - 1] as readonly Edit[]));
}

function redactClosely(event: Event, places: readonly [Place, Place], redaction: Redaction): Event {
  const copy = event.bytes;
  const bytes = Buffer.from(copy.buffer, copy.byteOffset, copy.length);
  const [whole, nested] = places;
  const parts = collectParts(bytes, [{ start: 0, end: bytes.length }]);
  const edits = [
    ...editsOf(bytes, parts, whole, redaction),
    ...(parts.nested.length > 0 ? editsOf(bytes, collectParts(bytes, parts.nested), nested, redaction) : []),
  ];
  return edits.length === 0 ? event : edit(event, ...edits);
}

function editsOf(bytes: Buffer, parts: AuditParts, place: Place, redaction: Redaction): Edit[] {
  const subject = readSubject(bytes, parts, redaction.resources);
  const changes = [
    changeBody(bytes, parts.requestObjects, place.requestObject, "requestObject", subject, redaction),
    changeBody(bytes, parts.responseObjects, place.responseObject, "responseObject", subject, redaction),
    // Behind the bodies: a field may lie in one that has been written anew.
    ...place.fields.map(({ path, name }) => changeField(bytes, path, name, redaction)),
  ].filter((change) => change !== undefined);
  if (changes.length === 0) return [];
  const mark: Edit = { set: place.mark, value: changes.map(({ told }) => told).join(",") };
  return [...changes.map((change) => change.edit), mark];
}

/** What has to be done about a body, `spans` being all its occurrences: where one is sensitive, none stays. */
function changeBody(
  bytes: Buffer,
  spans: readonly Span[],
  path: FieldPath,
  name: string,
  subject: Subject,
  { resources, mode }: Redaction,
): Change | undefined {
  const last = spans.at(-1);
  if (last === undefined) return undefined;
  const removal: Change | undefined = mode === "remove" ? { edit: { remove: path }, told: name } : undefined;
  if (subject.isSensitive && removal) return removal;
  const inspections = spans.map(({ start, end }) => inspect(bytes, start, end, resources));
  const kinds = inspections.flatMap((inspection) => inspection.kinds);
  if (subject.isSensitive || kinds.length > 0) {
    if (removal) return removal;
    const hidesNames = subject.isNamedByToken || kinds.some(isNamedByToken);
    return { edit: { set: path, raw: maskBody(bytes, last.start, last.end, hidesNames) }, told: name };
  }
  const repeats = inspections.map(({ lastApplied }) =>
    lastApplied.filter(({ start, end }) => repeatsSensitive(decodeString(bytes, start, end), resources)),
  );
  if (repeats.every(({ length }) => length === 0)) return undefined;
  const change = mode === "remove" ? cutMembers : maskMembers;
  return {
    edit: { set: path, raw: change(bytes, last.start, last.end, repeats.at(-1) ?? []) },
    told: `${name}/last-applied-configuration`,
  };
}

function changeField(bytes: Buffer, path: FieldPath, name: string, { mode }: Redaction): Change | undefined {
  const span = findAll(bytes, 0, bytes.length, path.keys).at(-1);
  if (span === undefined) return undefined;
  const change: Edit =
    mode === "remove" ? { remove: path } : { set: path, raw: maskValue(bytes, span.start, span.end) };
  return { edit: change, told: name };
}
