import { hash } from "node:crypto";
import type { Event, SinkContext } from "../../../src/plugin.ts";

/** How many ASCII characters an id has: SHA-256 as base64url, far below the 512 bytes that servers take. */
export const DOCUMENT_ID_LENGTH = 43;

/** The id under which an event's document is created: the same event has the same id at each try. */
export type DocumentId = (event: Event, document: Uint8Array) => string;

/** From the document's bytes: identical events become one document, wherever they came from. */
export const contentId: DocumentId = (_event, document) => hash("sha256", document, "base64url");

/** From where the event was read: each accepted event is a document, also of identical ones. */
export const positionId: DocumentId = (event) =>
  hash("sha256", JSON.stringify([event.origin.source, event.origin.partition, event.offset, event.child]), "base64url");

/** The id that pipeline.yaml asks for. Unless it does: position for lines of text, as two of them may well be the same. */
export function documentIdOf(
  asked: "content" | "position" | undefined,
  context: Pick<SinkContext, "decodingOf">,
): DocumentId {
  if (asked !== undefined) return asked === "content" ? contentId : positionId;
  return (event, document) =>
    (context.decodingOf(event.origin.source) === "text" ? positionId : contentId)(event, document);
}
