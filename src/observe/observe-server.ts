import type * as http from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo, Socket } from "node:net";
import type { Health } from "./health.ts";
import type { Log } from "./log.ts";
import type { Observed } from "./metric.ts";
import { judgeLife, judgeReadiness, type Verdict } from "./verdict.ts";

export interface ObserveServerOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds: what has waited so long on an error makes the pipeline unready. */
  readonly unreadyAfter: number;
  /** Names of the sources and sinks, each of which can be asked for alone. */
  readonly components: () => readonly string[];
  readonly health: Health;
  readonly log: Log;
  /** Asked at each scrape. */
  readonly observe: () => Omit<Observed, "isReady">;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = "text/plain; charset=utf-8";
const PATHS = "/metrics, /healthz, /readyz, and /readyz/NAME for one source or sink";

/** Who asks needs no more than this; whoever sends more, or slower, is cut off. */
const BOUNDS: http.ServerOptions = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 5000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 75_000,
};
const MOST_CONNECTIONS = 64;

// Imported, node:http would bring all of fetch and WebSocket with it: a tenth of the time to start.
const load = createRequire(import.meta.url);

/** Where the pipeline can be looked at from outside: metrics and health, to be read only. No event is shown there. */
export class ObserveServer {
  readonly #options: ObserveServerOptions;
  readonly #server: http.Server;
  #print: (() => Promise<Answer>) | undefined;

  private constructor(options: ObserveServerOptions) {
    this.#options = options;
    this.#server = (load("node:http") as typeof http).createServer(BOUNDS, (request, response) => {
      void this.#serve(request, response);
    });
    keepNewest(this.#server, MOST_CONNECTIONS);
  }

  /** Begins to listen. @throws where it cannot, with what to do */
  static async listen(options: ObserveServerOptions): Promise<ObserveServer> {
    const { host, port, log } = options;
    const own = new ObserveServer(options);
    const server = own.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", ({ code }: NodeJS.ErrnoException) => {
        const remedy =
          code === "EADDRINUSE" ? "another program has it" : "this machine does not have it, or not for you";
        reject(
          new Error(`observe: cannot listen on ${host}:${port} (${code}): ${remedy}; choose another in observe.listen`),
        );
      });
      server.listen({ host, port }, resolve);
    });
    server.removeAllListeners("error").on("error", (error) => log.error(`the server failed: ${error.message}`));
    const { address, port: bound } = server.address() as AddressInfo;
    log.info("serves metrics and health", { address, port: bound });
    return own;
  }

  /** Answers no more. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    // What is sent along is of no interest; it is bounded by the time that a request may take.
    request.resume();
    const { status, type, body } = await this.#answer(request).catch((error: unknown) => {
      this.#options.log.error(`cannot answer: ${String(error)}`);
      return { status: 500, type: TEXT, body: "the log says why\n" };
    });
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...(status === 405 && { allow: "GET, HEAD" }),
    });
    response.end(body);
  }

  async #answer({ method, url = "" }: http.IncomingMessage): Promise<Answer> {
    if (method !== "GET" && method !== "HEAD")
      return { status: 405, type: TEXT, body: "it can only be read: use GET\n" };
    const { health, unreadyAfter } = this.#options;
    const path = url.split("?", 1)[0] as string;
    if (path === "/metrics") return this.#metrics();
    if (path === "/healthz") return inJson(judgeLife(health), "alive");
    if (path === "/readyz") return inJson(judgeReadiness(health, unreadyAfter), "ready");
    const component = this.#componentOf(path);
    if (component !== undefined) return inJson(judgeReadiness(health, unreadyAfter, component), "ready");
    return { status: 404, type: TEXT, body: `there is ${PATHS}\n` };
  }

  #componentOf(path: string): string | undefined {
    return this.#options.components().find((name) => path === `/readyz/${encodeURIComponent(name)}`);
  }

  async #metrics(): Promise<Answer> {
    this.#print ??= await this.#printer();
    return this.#print();
  }

  /** Imported at the first scrape: who asks for health alone does not wait for it. */
  async #printer(): Promise<() => Promise<Answer>> {
    const { Exposition } = await import("./exposition.ts");
    const { health, unreadyAfter, observe } = this.#options;
    const exposition = new Exposition(() => ({
      ...observe(),
      isReady: judgeReadiness(health, unreadyAfter).isWell,
    }));
    return async () => ({ status: 200, type: exposition.contentType, body: await exposition.print() });
  }
}

/** Closes the oldest connection beyond so many: whoever keeps many open does not keep out a probe, which takes no time. */
function keepNewest(server: http.Server, most: number): void {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    if (open.size <= most) return;
    const oldest = open.values().next().value as Socket;
    open.delete(oldest);
    oldest.destroy();
  });
}

const inJson = ({ isWell, reasons }: Verdict, well: string): Answer => ({
  status: isWell ? 200 : 503,
  type: "application/json",
  body: `${JSON.stringify({ status: isWell ? well : `not ${well}`, reasons })}\n`,
});
