import type { Context, Event, Rejection } from "../../../src/plugin.ts";
import { type Outcome, readBulkAnswer } from "./bulk-answer.ts";
import { type BulkItem, bulkBody } from "./bulk-body.ts";
import type { Answer, Connection } from "./connection.ts";
import { answerReason } from "./refusal-reason.ts";
import { halve, RequestLimit } from "./request-limit.ts";
import { retryAfter } from "./retry-after.ts";

export interface BulkWriterOptions {
  readonly connection: Pick<Connection, "send">;
  readonly context: Pick<Context, "count">;
  /** Whether an id that is there already means that another event had the same bytes. */
  readonly idsAreContent: boolean;
}

/** What became of items that were sent, where it is not that they are there. */
export interface Sent {
  /** What the server could not take now. */
  readonly again: BulkItem[];
  readonly rejections: Rejection[];
  /** Why some could not be taken by a cluster that waits for somebody to act. */
  blocked: string | undefined;
  /** Milliseconds that the server asked to be left alone. */
  retryAfter: number;
}

/** Sends items once; each is created, found to be there already, refused for good, or to be sent again later. */
export class BulkWriter {
  readonly #options: BulkWriterOptions;
  readonly #limit = new RequestLimit();
  /** Events that were sent and may have been taken, though no answer said so: their second creation is no duplicate. */
  readonly #maybeThere = new WeakSet<Event>();
  /** The server has answered a bulk request as it should: what it finds malformed from now on is the events' fault. */
  #understood = false;

  constructor(options: BulkWriterOptions) {
    this.#options = options;
  }

  /** @throws Error when no server answers, or none as a bulk API does */
  async write(items: readonly BulkItem[], signal: AbortSignal): Promise<Sent> {
    const sent: Sent = { again: [], rejections: [], blocked: undefined, retryAfter: 0 };
    const parts = this.#limit.split(items).reverse();
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const body = bulkBody(part);
      const answer = await this.#post(body, part, signal);
      const { status } = answer;
      if (status >= 200 && status < 300) {
        this.#settle(part, answer, sent);
      } else if (status === 429 || status >= 500) {
        if (status >= 500) this.#remember(part);
        sent.retryAfter = retryAfter(answer.retryAfter);
        sent.again.push(...part, ...parts.reverse().flat());
        return sent;
      } else if (status === 413 || (status === 400 && this.#understood)) {
        if (status === 413 && part.length > 1) this.#limit.learn(body.length);
        if (part.length > 1) parts.push(...halve(part).reverse());
        else sent.rejections.push({ event: part[0].event, reason: refusedAlone(answer, body.length) });
      } else {
        throw this.#refusal(answer);
      }
    }
    return sent;
  }

  async #post(body: Buffer, part: readonly BulkItem[], signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#options.connection.send(body, signal);
    } catch (error) {
      this.#remember(part);
      throw error;
    }
  }

  #settle(part: readonly BulkItem[], answer: Answer, sent: Sent): void {
    let outcomes: Outcome[];
    try {
      outcomes = readBulkAnswer(answer.body, part.length);
    } catch (error) {
      this.#remember(part);
      throw new Error(`${answer.endpoint}: ${(error as Error).message}`, { cause: error });
    }
    this.#understood = true;
    let duplicates = 0;
    outcomes.forEach((outcome, at) => {
      const item = part[at];
      if (outcome.kind === "refused") sent.rejections.push({ event: item.event, reason: outcome.reason });
      if (outcome.kind === "busy" || outcome.kind === "blocked") sent.again.push(item);
      if (outcome.kind === "busy" && outcome.maybeThere) this.#remember([item]);
      if (outcome.kind === "blocked") sent.blocked = outcome.why;
      if (outcome.kind === "present" && this.#options.idsAreContent && !this.#maybeThere.has(item.event)) duplicates++;
    });
    if (duplicates > 0) this.#options.context.count("duplicates", duplicates);
  }

  #remember(part: readonly BulkItem[]): void {
    for (const { event } of part) this.#maybeThere.add(event);
  }

  #refusal(answer: Answer): Error {
    const { endpoint, status } = answer;
    const reason = answerReason(answer.body);
    const denied = status === 401 || status === 403;
    const remedy = denied ? "check the credentials and their permission to write" : "check endpoints";
    return new Error(`${endpoint} refused a bulk request with ${status}${reason && `: ${reason}`}; ${remedy}`);
  }
}

function refusedAlone(answer: Answer, bytes: number): string {
  if (answer.status === 413) return `too large for the server: a request with this event alone has ${bytes} bytes`;
  return `refused by the server with ${answer.status}: ${answerReason(answer.body)}`;
}
