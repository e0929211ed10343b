import type * as http from "node:http";
import type * as https from "node:https";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import type { ListenerContext } from "../../../src/plugin.ts";
import type { CertificateFiles } from "./certificate.ts";
import { Strangers } from "./strangers.ts";

/** What a server's connections are bound to. */
export interface ServerBounds {
  readonly context: ListenerContext;
  /** Absent: no TLS. */
  readonly certificate: CertificateFiles | undefined;
  /** Milliseconds without progress after which a request is dropped. */
  readonly bodyTimeout: number;
  /** Milliseconds that a connection stays open without a request. */
  readonly idleTimeout: number;
  readonly maxConnections: number;
}

type Serve = (request: http.IncomingMessage, response: http.ServerResponse, expectsContinue: boolean) => void;

// Imported, node:http would bring all of fetch and WebSocket with it: a tenth of the time to start.
const load = createRequire(import.meta.url);

const HEADERS_WITHIN_MS = 15_000;
const REQUEST_WITHIN_MS = 300_000;
const HANDSHAKE_WITHIN_MS = 10_000;
const CHECK_EVERY_MS = 5000;
const MAX_HEADER_BYTES = 32 * 1024;

/** Answers to what is no HTTP request. */
const ANSWERS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
};

/** A server (with TLS, where there is a certificate) whose connections, headers and waits are bounded. */
export function createServer(
  options: ServerBounds,
  serve: Serve,
): { server: http.Server | https.Server; strangers: Strangers } {
  const bounds: http.ServerOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_WITHIN_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    keepAliveTimeout: options.idleTimeout,
    keepAlive: true,
    noDelay: true,
  };
  const certificate = options.certificate?.read();
  const server = certificate
    ? (load("node:https") as typeof https).createServer({
        ...bounds,
        ...certificate,
        handshakeTimeout: HANDSHAKE_WITHIN_MS,
      })
    : (load("node:http") as typeof http).createServer(bounds);
  server.maxConnections = options.maxConnections;
  server.timeout = options.bodyTimeout;
  const strangers = new Strangers(server, options.maxConnections);
  const unanswered = new WeakMap<Duplex, Set<http.IncomingMessage>>();
  const take = (request: http.IncomingMessage, response: http.ServerResponse, expectsContinue: boolean) => {
    const requests = unanswered.get(request.socket) ?? new Set();
    unanswered.set(request.socket, requests.add(request));
    response.once("close", () => requests.delete(request));
    strangers.brought(request, response);
    serve(request, response, expectsContinue);
  };
  server.on("request", (request, response) => take(request, response, false));
  server.on("checkContinue", (request, response) => take(request, response, true));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    options.context.count("no_http");
    const isAwaited = [...(unanswered.get(socket) ?? [])].some(({ complete }) => complete);
    answerNoRequest(error, socket, isAwaited);
  });
  return { server, strangers };
}

/** Where the answer to a whole request is still awaited, another would be taken for it. */
function answerNoRequest(error: NodeJS.ErrnoException, socket: Duplex, isAwaited: boolean): void {
  if (!socket.writable || isAwaited || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = ANSWERS[error.code ?? ""] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
