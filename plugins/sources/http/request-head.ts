import type { IncomingMessage } from "node:http";
import { isCompressed } from "./body-stream.ts";
import type { Budget } from "./budget.ts";
import { MAX_GATHERED_BYTES } from "./receive.ts";
import { Refusal } from "./refusal.ts";

export interface HeadRules {
  /** The one path that is listened at. */
  readonly path: string;
  readonly maxBodyBytes: number;
  readonly budget: Budget;
  readonly isAuthorized: (authorization: string | undefined) => boolean;
}

const BEHIND_PATH = /[?#].*$/s;
const ORIGIN = /^https?:\/\/[^/]*/i;

/** Refuses what can be refused before a byte of the body is read. @throws Refusal */
export function checkHead({ url = "", method, headers }: IncomingMessage, rules: HeadRules): void {
  const path = url.replace(BEHIND_PATH, "").replace(ORIGIN, "") || "/";
  if (path !== rules.path) throw Refusal.notFound();
  if (method !== "POST") throw Refusal.wrongMethod();
  if (!rules.isAuthorized(headers.authorization)) throw Refusal.unauthorized();
}

/** Refuses a body that says beforehand that it will not fit. @throws Refusal */
export function checkAnnouncement(request: IncomingMessage, { maxBodyBytes, budget }: HeadRules): void {
  isCompressed(request);
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > maxBodyBytes) throw Refusal.tooLarge(maxBodyBytes);
  if (Math.min(announced, MAX_GATHERED_BYTES) > budget.left) throw Refusal.busy("too many bytes are in flight");
}
