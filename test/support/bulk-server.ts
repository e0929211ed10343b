import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** One document that a bulk request wants to create. */
export interface BulkDocument {
  readonly index: string;
  readonly id: string;
  /** Its line, to the letter. */
  readonly source: string;
}

/** What a bulk server was asked. */
export interface BulkRequest {
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly documents: readonly BulkDocument[];
  /** Of the body as it came. */
  readonly bytes: number;
}

/** What the server does with one request, in place of creating all of its documents. */
export type Reply = (server: BulkServer, request: BulkRequest, response: ServerResponse) => void;

interface ItemResult {
  readonly status: number;
  readonly error?: unknown;
}

/** A server that speaks the bulk API over real HTTP, keeps documents in memory, and fails as it is told to. */
export class BulkServer {
  /** Sources by `index/id`. */
  readonly documents = new Map<string, string>();
  readonly requests: BulkRequest[] = [];
  /** What becomes of the next requests, one each; when it is empty, documents are created. */
  readonly replies: Reply[] = [];
  readonly #server;

  private constructor(tls: ServerOptions | undefined) {
    const answer = (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response);
    this.#server = tls ? createTlsServer(tls, answer) : createServer(answer);
  }

  static async start(options: { tls?: ServerOptions } = {}): Promise<BulkServer> {
    const server = new BulkServer(options.tls);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  /** `127.0.0.1:port` */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  /** Creates a document where there is none under its id yet, as the op `create` does. */
  create({ index, id, source }: BulkDocument): ItemResult {
    const key = `${index}/${id}`;
    if (this.documents.has(key)) {
      return {
        status: 409,
        error: { type: "version_conflict_engine_exception", reason: `[${id}]: document already exists` },
      };
    }
    this.documents.set(key, source);
    return { status: 201 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const text = (incoming.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString();
    const documents = readDocuments(text);
    const request = { url: incoming.url ?? "", headers: incoming.headers, documents, bytes: body.length };
    this.requests.push(request);
    (this.replies.shift() ?? items(() => undefined))(this, request, response);
  }
}

function readDocuments(text: string): BulkDocument[] {
  if (!text.endsWith("\n")) throw new Error("a bulk request must end with a newline");
  const lines = text.slice(0, -1).split("\n");
  return lines.flatMap((line, at) => {
    if (at % 2 === 1) return [];
    const { create } = JSON.parse(line) as { create: { _index: string; _id: string } };
    return { index: create._index, id: create._id, source: lines[at + 1] };
  });
}

/** Answers each document with what `result` says, and creates those it says nothing of. */
export function items(result: (document: BulkDocument, at: number) => ItemResult | undefined): Reply {
  return (server, request, response) => {
    const results = request.documents.map((document, at) => result(document, at) ?? server.create(document));
    const errors = results.some(({ status }) => status >= 300);
    const body = JSON.stringify({ took: 1, errors, items: results.map((item) => ({ create: item })) });
    response.writeHead(200, { "content-type": "application/json" }).end(body);
  };
}

/** Answers the whole request with a status. */
export function status(code: number, error?: unknown, headers: Record<string, string> = {}): Reply {
  return (_server, _request, response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ error, status: code }));
  };
}

/** Answers 200 with a body of any kind. */
export function body(text: string): Reply {
  return (_server, _request, response) => void response.end(text);
}

/** Refuses a request with 413 if it is larger than `bytes`, else creates its documents. */
export function atMost(bytes: number): Reply {
  return (server, request, response) =>
    (request.bytes > bytes ? status(413) : items(() => undefined))(server, request, response);
}

/** Breaks the connection, having done nothing. */
export const reset: Reply = (_server, _request, response) => void response.socket?.resetAndDestroy();

/** Creates the documents and breaks the connection before it answers. */
export const createAndReset: Reply = (server, request, response) => {
  for (const document of request.documents) server.create(document);
  response.socket?.resetAndDestroy();
};

/** Never answers. */
export const silence: Reply = () => {};
