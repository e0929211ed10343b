import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The connections over which no request was taken yet, those first that have waited longest. Whoever opens many, and has no
 * token, must not keep out those that have one: where there are as many connections as there may be, the longest wait ends.
 */
export class Strangers {
  readonly #waiting = new Map<string, Socket>();
  #open = 0;

  constructor(server: Server, most: number) {
    server.on("connection", (socket) => {
      this.#open++;
      const key = keyOf(socket);
      socket.once("close", () => {
        this.#open--;
        if (this.#waiting.get(key) === socket) this.#waiting.delete(key);
      });
      if (this.#open >= most) this.#endLongest();
      this.#waiting.set(key, socket);
    });
  }

  /** A request came: its connection is none that waits, unless the request is refused. */
  brought({ socket }: IncomingMessage, response: ServerResponse): void {
    const key = keyOf(socket);
    const stranger = this.#waiting.get(key);
    if (!stranger) return;
    this.#waiting.delete(key);
    response.once("close", () => {
      if (response.statusCode !== 200 && !stranger.destroyed) this.#waiting.set(key, stranger);
    });
  }

  /** Ends those over which nothing came at all: Node.js 22 does not count them as idle. */
  endSilent(): void {
    for (const socket of this.#waiting.values()) if (socket.bytesRead === 0) socket.destroy();
  }

  #endLongest(): void {
    for (const [key, socket] of this.#waiting) {
      this.#waiting.delete(key);
      socket.destroy();
      return;
    }
  }
}

/** With TLS, a request has another socket than its connection, with the same other end. */
const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
