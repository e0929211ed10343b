import { Pool } from "undici";
import type { Ledger } from "./ledger.ts";

/**
 * A client that posts lists of events over one connection, one behind the other. Each list is a stream of the ledger: promised
 * once it was answered 200, else there as a whole or not at all. It sends nothing twice, so that nothing may be there twice.
 */
export class ListClient {
  readonly #name: string;
  readonly #pool: Pool;
  readonly #ledger: Ledger;
  readonly #events: number;
  #lists = 0;
  #stopping = false;
  #posting: Promise<void> = Promise.resolve();
  accepted = 0;

  constructor(name: string, url: string, ledger: Ledger, events = 40) {
    this.#name = name;
    this.#pool = new Pool(url, { connections: 1 });
    this.#ledger = ledger;
    this.#events = events;
  }

  /** Posts until it is stopped, or the server goes away. */
  start(): void {
    this.#stopping = false;
    this.#posting = this.#postAll();
  }

  /** Returns when the last answer is there, or can never come. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#posting;
  }

  /** Posts one list. @returns whether it was accepted; false where the server is not there */
  async post(): Promise<boolean> {
    const stream = `${this.#name}#${this.#lists++}`;
    const items = this.#ledger.give(stream, this.#events, "together");
    try {
      const body = `{"kind":"EventList","items":[${items.join(",")}]}`;
      const response = await this.#pool.request({ method: "POST", path: "/", body });
      await response.body.dump();
      if (response.statusCode === 429) return true;
      if (response.statusCode !== 200) throw new Error(`refused with ${response.statusCode}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return false;
    }
    this.accepted++;
    this.#ledger.promise(stream, "once");
    return true;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#pool.destroy();
  }

  async #postAll(): Promise<void> {
    while (!this.#stopping && (await this.post()));
  }
}
