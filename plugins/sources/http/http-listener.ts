import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { JournalFull, type Listener } from "../../../src/plugin.ts";
import { answer, refuse } from "./answer.ts";
import { CertificateRenewal } from "./certificate-renewal.ts";
import { createServer, type ServerBounds } from "./create-server.ts";
import type { ListenAddress } from "./listen-address.ts";
import { type Receiving, receive } from "./receive.ts";
import { Refusal } from "./refusal.ts";
import { checkAnnouncement, checkHead, type HeadRules } from "./request-head.ts";
import { SeldomLog } from "./seldom-log.ts";
import type { Strangers } from "./strangers.ts";

export interface HttpListenerOptions extends Receiving, HeadRules, ServerBounds {
  readonly address: ListenAddress;
}

/** Requests that are running when the listener closes have this long to end. */
const CLOSE_WITHIN_MS = 10_000;

/** Receives requests and answers them once the journal has their records; never waits for a sink. */
export class HttpListener implements Listener {
  readonly #options: HttpListenerOptions;
  readonly #server: Server | TlsServer;
  readonly #strangers: Strangers;
  readonly #log: SeldomLog;
  readonly #renewal: CertificateRenewal | undefined;
  readonly #running = new Set<Promise<void>>();
  /** Connections whose request was refused before all of it came. */
  readonly #passingOver = new Set<Socket>();
  #closing = false;
  #closed: Promise<void> | undefined;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    const { certificate, context } = options;
    this.#log = new SeldomLog(context.log);
    if (certificate) this.#renewal = new CertificateRenewal(certificate, () => this.renewCertificate(), context.log);
    const { server, strangers } = createServer(options, (request, response, expects) => {
      const serving = this.#serve(request, response, expects).finally(() => this.#running.delete(serving));
      this.#running.add(serving);
    });
    this.#server = server;
    this.#strangers = strangers;
  }

  /** Where it listens: the port that the system chose, where 0 was asked for. */
  get address(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  async listen(): Promise<void> {
    const { address, context, certificate } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => {
        const remedy = error.code === "EADDRINUSE" ? ": another program has it, choose another port in `listen`" : "";
        const place = `${address.host}:${address.port}`;
        const message = `${context.name}: cannot listen on ${place} (${error.code})${remedy}`;
        reject(new Error(message, { cause: error }));
      });
      this.#server.listen({ port: address.port, ...(address.host === "" ? {} : { host: address.host }) }, resolve);
    });
    this.#server.removeAllListeners("error");
    this.#server.on("error", (error) => this.#log.error("server", "the HTTP server failed", { error: String(error) }));
    const bound = this.address;
    const { log } = context;
    log.info("listening", {
      address: bound.address,
      port: bound.port,
      path: this.#options.path,
      tls: !!certificate,
    });
    this.#renewal?.start();
  }

  /** Reads the TLS files again, for new connections. @throws where they cannot be used; the old ones stay then */
  renewCertificate(): void {
    const { certificate } = this.#options;
    if (certificate && "setSecureContext" in this.#server) this.#server.setSecureContext(certificate.read());
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing = true;
    this.#renewal?.stop();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    this.#strangers.endSilent();
    for (const socket of this.#passingOver) socket.destroy();
    const deadline = setTimeout(() => this.#server.closeAllConnections(), CLOSE_WITHIN_MS);
    await closed;
    clearTimeout(deadline);
    await Promise.all(this.#running);
  }

  async #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const { context, budget } = this.#options;
    const share = budget.share();
    context.count("requests");
    if (this.#closing) response.setHeader("Connection", "close");
    try {
      checkHead(request, this.#options);
      checkAnnouncement(request, this.#options);
      if (expectsContinue) response.writeContinue();
      const accepted = await receive(request, this.#options, share);
      if (this.#closing && !response.headersSent) response.setHeader("Connection", "close");
      answer(response, 200, { accepted });
    } catch (error) {
      this.#fail(request, response, error);
    } finally {
      share.release();
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const { context } = this.#options;
    if (request.destroyed && !request.complete) {
      context.count("broken_off");
      return;
    }
    const refusal = this.#refusalOf(error);
    context.count(refusal.counter);
    const fields = { status: refusal.status, reason: refusal.message, remote: request.socket.remoteAddress };
    this.#log.warn(String(refusal.status), "did not take a request", fields);
    refuse(request, response, refusal);
    if (request.complete) return;
    if (this.#closing) response.once("finish", () => request.socket.destroy());
    this.#passingOver.add(request.socket);
    request.once("close", () => this.#passingOver.delete(request.socket));
  }

  #refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    if (error instanceof JournalFull) {
      return error.neverFits ? Refusal.tooLargeForJournal() : Refusal.busy("the journal is full");
    }
    this.#log.error("failed", "cannot store what was sent: its senders are asked to try again", {
      error: String(error),
    });
    return Refusal.failed();
  }
}
