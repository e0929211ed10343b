import { createRequire } from "node:module";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { buildConnector, Dispatcher, Pool } from "undici";
import { authorization, type CredentialOptions } from "./credentials.ts";
import { type Endpoint, parseEndpoint } from "./endpoint.ts";
import type { TlsMaterial } from "./tls-options.ts";

// Loaded on first use, so that checking a pipeline.yaml does without it.
const load = createRequire(import.meta.url);
const compress = promisify(gzip);

type Undici = typeof import("undici");

const PATH = "/_bulk?filter_path=took,errors,items.*.status,items.*.error";
const MAX_ANSWER_BYTES = 64 * 2 ** 20;
const CONNECT_TIMEOUT = 10_000;
/** An endpoint that failed comes last for so many milliseconds. */
const AVOID_TIME = 10_000;

/** What a server answered, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
  /** Who answered, for messages. */
  readonly endpoint: string;
}

export interface ConnectionOptions extends CredentialOptions {
  readonly endpoints: readonly string[];
  /** Asked whenever a connection is made. */
  readonly tls: { readonly material: TlsMaterial };
  readonly gzip: boolean;
  /** Milliseconds for one request, from its start to the end of its answer. */
  readonly timeout: number;
  /** The most requests at once to one endpoint. */
  readonly maxInFlight: number;
}

interface Server {
  readonly endpoint: Endpoint;
  readonly pool: Pool;
  readonly headers: Record<string, string>;
  avoidUntil: number;
}

/** Sends bulk requests to the endpoints in turn, and to the next one where one cannot be reached. */
export class Connection {
  readonly #servers: readonly Server[];
  readonly #options: ConnectionOptions;
  #turn = 0;

  /** @throws Error when an endpoint or the credentials make no sense */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#servers = options.endpoints.map((text) => serverFor(parseEndpoint(text), options));
  }

  /**
   * Posts a body and returns the first answer that comes. Sending it to several servers of one cluster does no
   * harm, as every document has its id.
   * @throws Error naming each endpoint and why there was no answer; the reason of `signal` when that was aborted
   */
  async send(body: Buffer, signal: AbortSignal): Promise<Answer> {
    const bytes = this.#options.gzip ? await compress(body, { level: 1 }) : body;
    const failures: string[] = [];
    for (const server of this.#inTurn()) {
      signal.throwIfAborted();
      try {
        const answer = await this.#post(server, bytes, signal);
        server.avoidUntil = 0;
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        server.avoidUntil = Date.now() + AVOID_TIME;
        failures.push(`${server.endpoint.label}: ${this.#describe(error)}`);
      }
    }
    throw new Error(`no answer from ${failures.join("; ")}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.pool.destroy()));
  }

  #inTurn(): Server[] {
    const first = this.#turn++ % this.#servers.length;
    const order = [...this.#servers.slice(first), ...this.#servers.slice(0, first)];
    const now = Date.now();
    return order.sort((one, other) => Number(one.avoidUntil > now) - Number(other.avoidUntil > now));
  }

  async #post(server: Server, body: Buffer, signal: AbortSignal): Promise<Answer> {
    const response = await server.pool.request({
      method: "POST",
      path: server.endpoint.prefix + PATH,
      headers: server.headers,
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeout)]),
    });
    const retryAfter = response.headers["retry-after"];
    return {
      status: response.statusCode,
      retryAfter: typeof retryAfter === "string" ? retryAfter : undefined,
      body: await readBounded(response.body),
      endpoint: server.endpoint.label,
    };
  }

  #describe(error: unknown): string {
    const { name, code, message } = error as Error & { code?: string };
    if (name === "TimeoutError") return `no answer within ${this.#options.timeout} ms`;
    return code && !message.includes(code) ? `${message} (${code})` : message || String(code ?? name);
  }
}

function serverFor(endpoint: Endpoint, options: ConnectionOptions): Server {
  const headers: Record<string, string> = { "content-type": "application/x-ndjson" };
  const auth = authorization(options, endpoint);
  if (auth !== undefined) headers.authorization = auth;
  if (options.gzip) headers["content-encoding"] = "gzip";
  const { Pool } = load("undici") as Undici;
  const pool = new Pool(endpoint.origin, {
    connections: options.maxInFlight,
    connect: connectorFor(options),
    // The signal of each request bounds all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return { endpoint, pool, headers, avoidUntil: 0 };
}

/** Connects with what the TLS files hold by then: sessions are resumed only with what they were begun with. */
function connectorFor({ tls, timeout }: ConnectionOptions): buildConnector.connector {
  let material: TlsMaterial | undefined;
  let connect: buildConnector.connector | undefined;
  return (options, callback) => {
    const present = tls.material;
    if (!connect || present !== material) {
      const { buildConnector } = load("undici") as Undici;
      material = present;
      connect = buildConnector({ ...present, timeout: Math.min(CONNECT_TIMEOUT, timeout) });
    }
    return connect(options, callback);
  };
}

async function readBounded(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString();
}
