import { type BulkItem, byteLength } from "./bulk-body.ts";

/** Below this, a refusal says more about the server than about the size of requests. */
const LEAST = 64 * 2 ** 10;

/** How large a request may be, learned from refusals: servers and the proxies before them do not tell. */
export class RequestLimit {
  #bytes = Number.POSITIVE_INFINITY;

  /** A request with so many bytes was too large: none will be larger than half of it again. */
  learn(refusedBytes: number): void {
    this.#bytes = Math.max(LEAST, Math.min(this.#bytes, Math.floor(refusedBytes / 2)));
  }

  /** The items in as few requests as the limit allows; an item that is larger stands alone. */
  split(items: readonly BulkItem[]): BulkItem[][] {
    const parts: BulkItem[][] = [];
    let room = 0;
    for (const item of items) {
      if (parts.length === 0 || item.bytes.length > room) {
        parts.push([]);
        room = this.#bytes;
      }
      parts[parts.length - 1].push(item);
      room -= item.bytes.length;
    }
    return parts;
  }
}

/** The first and the second half of items, by bytes as nearly as it goes; neither is empty. */
export function halve(items: readonly BulkItem[]): [BulkItem[], BulkItem[]] {
  const half = byteLength(items) / 2;
  let count = 1;
  let bytes = items[0].bytes.length;
  while (count < items.length - 1 && bytes + items[count].bytes.length <= half) bytes += items[count++].bytes.length;
  return [items.slice(0, count), items.slice(count)];
}
