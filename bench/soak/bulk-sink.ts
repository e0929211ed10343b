import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const CREATE = '{"create":';

/** A bulk server that counts distinct documents, and can be stopped: then it takes requests and answers none. */
export class BulkSink {
  readonly #server = createServer((request, response) => void this.#take(request, response));
  readonly #ids = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  #isStopped = false;
  /** Documents that came a second time, which a bulk server does not create again. */
  again = 0;

  static async start(): Promise<BulkSink> {
    const sink = new BulkSink();
    sink.#server.listen(0, "127.0.0.1");
    await once(sink.#server, "listening");
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Distinct documents. */
  get documents(): number {
    return this.#ids.size;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  stop(): void {
    this.#isStopped = true;
  }

  goOn(): void {
    this.#isStopped = false;
    for (const answer of this.#waiting.splice(0)) answer();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = () => this.#answer(Buffer.concat(chunks), response);
    if (this.#isStopped) this.#waiting.push(answer);
    else answer();
  }

  #answer(body: Buffer, response: ServerResponse): void {
    if (response.destroyed) return;
    const statuses: string[] = [];
    for (let start = 0; start < body.length; ) {
      const end = body.indexOf(0x0a, start);
      const line = body.toString("latin1", start, end);
      if (!line.startsWith(CREATE)) throw new Error(`no bulk action: ${line.slice(0, 100)}`);
      statuses.push(this.#create((JSON.parse(line) as { create: { _id: string } }).create._id));
      start = body.indexOf(0x0a, end + 1) + 1;
    }
    const errors = statuses.some((status) => status !== "201");
    const items = statuses.map((status) => `{"create":{"status":${status}}}`);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"took":1,"errors":${errors},"items":[${items.join(",")}]}`);
  }

  #create(id: string): "201" | "409" {
    if (this.#ids.has(id)) {
      this.again++;
      return "409";
    }
    this.#ids.add(id);
    return "201";
  }
}
