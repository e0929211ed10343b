import type { Context, Event, Rejection } from "../../../src/plugin.ts";
import { BLOCKED_WAITS, BUSY_WAITS, backoff, retryAfter } from "./backoff.ts";
import { type Outcome, readBulkAnswer } from "./bulk-answer.ts";
import { type BulkItem, bulkBody } from "./bulk-body.ts";
import type { Answer, Connection } from "./connection.ts";
import { type Pause, pause as realPause } from "./pause.ts";
import { RareWarning } from "./rare-warning.ts";
import { answerReason } from "./refusal-reason.ts";
import { halve, RequestLimit } from "./request-limit.ts";

export interface BulkWriterOptions {
  readonly connection: Pick<Connection, "send">;
  readonly context: Pick<Context, "log" | "count">;
  /** Whether an id that is there already means that another event had the same bytes. */
  readonly idsAreContent: boolean;
  readonly pause?: Pause;
}

/** What is left of a round of requests. */
interface Round {
  readonly again: BulkItem[];
  readonly rejections: Rejection[];
  /** Why some could not be taken by a cluster that waits for somebody to act. */
  blocked: string | undefined;
  /** Milliseconds that the server asked to be left alone. */
  retryAfter: number;
}

/** Sends items until each is created, found to be there already, or refused for good. */
export class BulkWriter {
  readonly #options: BulkWriterOptions;
  readonly #pause: Pause;
  readonly #limit = new RequestLimit();
  readonly #warning: RareWarning;
  /** Events that were sent and may have been taken, though no answer said so: their second creation is no duplicate. */
  readonly #maybeThere = new WeakSet<Event>();
  /** The server has answered a bulk request as it should: what it finds malformed from now on is the events' fault. */
  #understood = false;

  constructor(options: BulkWriterOptions) {
    this.#options = options;
    this.#pause = options.pause ?? realPause;
    this.#warning = new RareWarning(options.context.log);
  }

  /**
   * Returns those that will never be taken. What the server has no room for now is sent again, and that alone,
   * until it is taken or the signal is aborted.
   * @throws Error when no server answers, or none as a bulk API does
   */
  async write(items: readonly BulkItem[], signal: AbortSignal): Promise<Rejection[]> {
    const rejections: Rejection[] = [];
    let pending = items;
    for (let attempt = 1; pending.length > 0; attempt++) {
      const round = await this.#send(pending, signal);
      rejections.push(...round.rejections);
      pending = round.again;
      if (pending.length > 0) await this.#wait(round, attempt, signal);
    }
    return rejections;
  }

  async #wait(round: Round, attempt: number, signal: AbortSignal): Promise<void> {
    const waits = round.blocked === undefined ? BUSY_WAITS : BLOCKED_WAITS;
    const text =
      round.blocked === undefined
        ? "the server is busy; what it could not take is sent again"
        : `the cluster takes no writes until somebody acts; trying again: ${round.blocked}`;
    this.#warning.tell(text, { waiting: round.again.length, attempt });
    this.#options.context.count("retries", round.again.length);
    await this.#pause(backoff(waits, attempt, round.retryAfter), signal);
  }

  async #send(items: readonly BulkItem[], signal: AbortSignal): Promise<Round> {
    const round: Round = { again: [], rejections: [], blocked: undefined, retryAfter: 0 };
    const parts = this.#limit.split(items).reverse();
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const body = bulkBody(part);
      const answer = await this.#post(body, part, signal);
      const { status } = answer;
      if (status >= 200 && status < 300) {
        this.#settle(part, answer, round);
      } else if (status === 429 || status >= 500) {
        if (status >= 500) this.#remember(part);
        round.retryAfter = retryAfter(answer.retryAfter);
        round.again.push(...part, ...parts.reverse().flat());
        return round;
      } else if (status === 413 || (status === 400 && this.#understood)) {
        if (status === 413 && part.length > 1) this.#limit.learn(body.length);
        if (part.length > 1) parts.push(...halve(part).reverse());
        else round.rejections.push({ event: part[0].event, reason: refusedAlone(answer, body.length) });
      } else {
        throw this.#refusal(answer);
      }
    }
    return round;
  }

  async #post(body: Buffer, part: readonly BulkItem[], signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#options.connection.send(body, signal);
    } catch (error) {
      this.#remember(part);
      throw error;
    }
  }

  #settle(part: readonly BulkItem[], answer: Answer, round: Round): void {
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
      if (outcome.kind === "refused") round.rejections.push({ event: item.event, reason: outcome.reason });
      if (outcome.kind === "busy" || outcome.kind === "blocked") round.again.push(item);
      if (outcome.kind === "busy" && outcome.maybeThere) this.#remember([item]);
      if (outcome.kind === "blocked") round.blocked = outcome.why;
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
    const text = `${endpoint} refused a bulk request with ${status}${reason && `: ${reason}`}; ${remedy}`;
    this.#warning.tell(text);
    return new Error(text);
  }
}

function refusedAlone(answer: Answer, bytes: number): string {
  if (answer.status === 413) return `too large for the server: a request with this event alone has ${bytes} bytes`;
  return `refused by the server with ${answer.status}: ${answerReason(answer.body)}`;
}
