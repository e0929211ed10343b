import type { Event } from "../../../src/plugin.ts";
import { DOCUMENT_ID_LENGTH, type DocumentId } from "./document-id.ts";

/** One event of a bulk request, and the bytes of its two lines. */
export interface BulkItem {
  readonly event: Event;
  readonly bytes: Buffer;
}

const BEFORE_INDEX = '{"create":{"_index":';
const BEFORE_ID = ',"_id":"';
const BEHIND_ID = '"}}\n';
const LINE_END = 0x0a;

/**
 * The lines of events for `_bulk`, in one piece of memory: an action that creates a document, and the
 * document, byte for byte as the event stands here.
 * @param indices the index that each event belongs to
 */
export function bulkItems(events: readonly Event[], indices: readonly string[], documentId: DocumentId): BulkItem[] {
  const actions = new Map<string, Buffer>();
  let size = 0;
  for (let at = 0; at < events.length; at++) {
    const index = indices[at];
    let action = actions.get(index);
    if (!action) {
      action = Buffer.from(`${BEFORE_INDEX}${JSON.stringify(index)}${BEFORE_ID}`);
      actions.set(index, action);
    }
    size += action.length + DOCUMENT_ID_LENGTH + BEHIND_ID.length + events[at].byteLength + 1;
  }
  const memory = Buffer.allocUnsafe(size);
  let end = 0;
  return events.map((event, at) => {
    const start = end;
    end = writeItem(memory, start, event, actions.get(indices[at]) as Buffer, documentId);
    return { event, bytes: memory.subarray(start, end) };
  });
}

// The document is written before its id, as the id may be a hash of what was written.
function writeItem(memory: Buffer, start: number, event: Event, action: Buffer, documentId: DocumentId): number {
  const idStart = start + action.copy(memory, start);
  const documentStart = idStart + DOCUMENT_ID_LENGTH + BEHIND_ID.length;
  const documentEnd = event.copyTo(memory, documentStart);
  const id = documentId(event, memory.subarray(documentStart, documentEnd));
  memory.write(id + BEHIND_ID, idStart, "latin1");
  memory[documentEnd] = LINE_END;
  return documentEnd + 1;
}

/** The body of a request for these items. */
export function bulkBody(items: readonly BulkItem[]): Buffer {
  const first = items[0].bytes;
  const last = items[items.length - 1].bytes;
  const length = byteLength(items);
  const lieTogether = first.buffer === last.buffer && last.byteOffset + last.length - first.byteOffset === length;
  if (lieTogether) return Buffer.from(first.buffer, first.byteOffset, length);
  return Buffer.concat(
    items.map((item) => item.bytes),
    length,
  );
}

/** How many bytes these items have in a request. */
export function byteLength(items: readonly BulkItem[]): number {
  let length = 0;
  for (const item of items) length += item.bytes.length;
  return length;
}
