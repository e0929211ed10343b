import { refusalReason } from "./refusal-reason.ts";

/** What became of one event of a bulk request. */
export type Outcome =
  | { readonly kind: "created" }
  /** A document with this id is there already. */
  | { readonly kind: "present" }
  /** The server could not: it can be sent again. It may have been taken all the same, as when a shard answers too late. */
  | { readonly kind: "busy"; readonly maybeThere: boolean }
  /** The cluster takes no writes, or not from us, until somebody acts: it can be sent again, later. */
  | { readonly kind: "blocked"; readonly why: string }
  /** It will never be taken as it is. */
  | { readonly kind: "refused"; readonly reason: string };

const CREATED: Outcome = { kind: "created" };
const PRESENT: Outcome = { kind: "present" };
const BUSY: Outcome = { kind: "busy", maybeThere: false };
const FAILED: Outcome = { kind: "busy", maybeThere: true };

interface Item {
  readonly status?: unknown;
  readonly error?: unknown;
}

/**
 * What a bulk answer with status 200 says of each event, in the order of the request.
 * @throws Error when it is no such answer, or has not one item for each event: then nothing of it is to be trusted
 */
export function readBulkAnswer(body: string, count: number): Outcome[] {
  const items = itemsOf(body);
  if (items.length !== count) {
    throw new Error(`the bulk answer has ${items.length} items for ${count} events: is it OpenSearch that answers?`);
  }
  return items.map(outcomeOf);
}

function itemsOf(body: string): readonly unknown[] {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw new Error(`the bulk answer is no JSON (${body.length} characters): is it OpenSearch that answers?`);
  }
  const items = (answer as { items?: unknown } | null)?.items;
  return Array.isArray(items) ? items : [];
}

function outcomeOf(entry: unknown): Outcome {
  const item = entry === null || typeof entry !== "object" ? undefined : (Object.values(entry)[0] as Item | undefined);
  const status = item?.status;
  if (typeof status !== "number") throw new Error("the bulk answer has an item without a status");
  if (status >= 200 && status < 300) return CREATED;
  if (status === 409) return PRESENT;
  const type = errorType(item?.error);
  if (type === "cluster_block_exception" || status === 401 || status === 403) {
    return { kind: "blocked", why: refusalReason(status, item?.error) };
  }
  if (status === 429) return BUSY;
  if (status >= 500) return FAILED;
  return { kind: "refused", reason: refusalReason(status, item?.error) };
}

function errorType(error: unknown): string {
  const type = (error as { type?: unknown } | null | undefined)?.type;
  return typeof type === "string" ? type : "";
}
