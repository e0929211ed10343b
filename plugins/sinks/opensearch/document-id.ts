import { hash } from "node:crypto";
import type { Event } from "../../../src/plugin.ts";

/** How many ASCII characters an id has: SHA-256 as base64url, far below the 512 bytes that servers take. */
export const DOCUMENT_ID_LENGTH = 43;

/** The id under which an event's document is created: the same event has the same id at each try. */
export type DocumentId = (event: Event, document: Uint8Array) => string;

/** From the document's bytes: identical events become one document, wherever they came from. */
export const contentId: DocumentId = (_event, document) => hash("sha256", document, "base64url");

/** From where the event was read: each accepted event is a document, also of identical ones. */
export const positionId: DocumentId = (event) =>
  hash("sha256", JSON.stringify([event.origin.source, event.origin.partition, event.offset, event.child]), "base64url");
