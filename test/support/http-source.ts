import assert from "node:assert/strict";
import * as fileSystem from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import definition from "../../plugins/sources/http/http.ts";
import type { HttpListener } from "../../plugins/sources/http/http-listener.ts";
import { Health } from "../../src/observe/health.ts";
import type { ListenerContext, Log, LogFields, Spool } from "../../src/plugin.ts";

export interface Told {
  readonly level: string;
  readonly text: string;
  readonly fields: LogFields | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

type AllOptions = Parameters<typeof definition.create>[0];
type Options = Partial<AllOptions>;

/** An http source until the test is over; it must then have nothing open, and no error told. */
export async function startSource(test: TestContext, options: Options = {}): Promise<HttpSource> {
  const source = await HttpSource.start(options);
  test.after(async () => {
    await source.stop();
    assert.equal(source.openSpools, 0);
    assert.deepEqual(
      source.told.filter(({ level }) => level === "error"),
      [],
    );
  });
  return source;
}

/** The http source on a free port of the loopback, with an engine around it that keeps what it accepts in memory. */
export class HttpSource {
  readonly counts: Record<string, number> = {};
  readonly accepted: { readonly bytes: Buffer; readonly remote: string | undefined }[] = [];
  readonly deadLetters: { readonly bytes: Buffer; readonly reason: string }[] = [];
  readonly told: Told[] = [];
  /** Spools that were begun and neither accepted nor discarded. */
  openSpools = 0;
  discarded = 0;
  /** Bytes ever written to a spool. */
  spooledBytes = 0;
  /** What `accept` does before it keeps the bytes: waits, or throws. */
  beforeAccept: () => void | Promise<void> = () => {};
  readonly dataDir = mkdtempSync(join(tmpdir(), "http-source-"));
  listener!: HttpListener;
  port = 0;

  static async start(options: Options = {}): Promise<HttpSource> {
    const source = new HttpSource();
    source.listener = (await definition.create(
      { ...defaults(), listen: "127.0.0.1:0", ...options },
      source.context(),
    )) as HttpListener;
    await source.listener.listen();
    source.port = source.listener.address.port;
    return source;
  }

  /** All records that were accepted, as text. */
  get records(): string[] {
    return this.accepted.flatMap(({ bytes }) => bytes.toString().split("\n").filter(Boolean));
  }

  context(): ListenerContext {
    const log = this.#log();
    const health = new Health({ log });
    return {
      name: "sources.test",
      log,
      baseDir: this.dataDir,
      dataDir: this.dataDir,
      fileSystem,
      fileSystemModule: "node:fs",
      count: (name, by = 1) => {
        this.counts[name] = (this.counts[name] ?? 0) + by;
      },
      waiting: (what) => health.observe("sources.test", what),
      accept: async (records, { remote }) => {
        await this.beforeAccept();
        this.accepted.push({ bytes: Buffer.from(records), remote });
      },
      acceptEvents: () => undefined,
      spool: ({ remote }) => this.#spool(remote),
      deadLetter: async (bytes, reason) => {
        this.deadLetters.push({ bytes: Buffer.from(bytes), reason });
      },
    };
  }

  /** Sends one request over a connection of its own, or the agent's. */
  send(body: string | Uint8Array, options: http.RequestOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = http.request(
        { port: this.port, host: "127.0.0.1", method: "POST", path: "/", agent: false, ...options },
        (response) => readAnswer(response).then(resolve, reject),
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  /** A bare connection. */
  async connect(): Promise<Socket> {
    const socket = connect({ port: this.port, host: "127.0.0.1" });
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  }

  /** Writes bytes on a bare connection; returns what came back until the other end closed it. */
  async sendRaw(bytes: string | Uint8Array): Promise<string> {
    const socket = await this.connect();
    socket.end(bytes);
    return readRaw(socket);
  }

  async stop(): Promise<void> {
    await this.listener.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  #spool(remote: string | undefined): Spool {
    const chunks: Buffer[] = [];
    let open = true;
    this.openSpools++;
    const end = () => {
      const was = open;
      if (open) this.openSpools--;
      open = false;
      return was;
    };
    return {
      write: (bytes) => {
        this.spooledBytes += bytes.length;
        chunks.push(Buffer.from(bytes));
      },
      accept: async () => {
        await this.beforeAccept();
        if (end()) this.accepted.push({ bytes: Buffer.concat(chunks), remote });
      },
      discard: () => {
        if (end()) this.discarded++;
      },
    };
  }

  #log(): Log {
    const at = (level: string) => (text: string, fields?: LogFields) => void this.told.push({ level, text, fields });
    const log: Log = { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug"), child: () => log };
    return log;
  }
}

function defaults(): AllOptions {
  const filled: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(definition.options.properties)) {
    if ("default" in schema) filled[name] = schema.default;
  }
  return filled as AllOptions;
}

export async function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode as number, headers: response.headers, text };
}

/** What comes back on a connection until its other end closes it. */
export async function readRaw(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  if (!socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
  return text;
}
