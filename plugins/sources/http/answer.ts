import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Refusal } from "./refusal.ts";

/** How long the rest of a refused body is passed over, so that its sender gets to read the answer. */
const PASS_OVER_MS = 5000;

/** Answers with a small JSON body. */
export function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: OutgoingHttpHeaders = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const text = `${JSON.stringify(body)}\n`;
  const length = Buffer.byteLength(text);
  response.writeHead(status, { ...headers, "Content-Type": "application/json", "Content-Length": length });
  response.end(text);
}

/**
 * Answers that the request is not taken. What is still to come of it is read and thrown away for a while: a socket
 * that is closed while its other end writes would take the answer with it.
 */
export function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  answer(response, refusal.status, { error: refusal.message }, refusal.headers);
  if (request.complete) return;
  const timer = setTimeout(() => request.socket.destroy(), PASS_OVER_MS).unref();
  request.once("close", () => clearTimeout(timer));
  request.on("error", () => {});
  request.resume();
}
