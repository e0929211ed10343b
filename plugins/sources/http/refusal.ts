import type { OutgoingHttpHeaders } from "node:http";

/** Seconds after which a sender is asked to try again: API servers try up to ten times within their 30 s. */
const RETRY_AFTER = "2";

/** A request that is not taken: the answer to it. Its words quote nothing that the sender sent. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  /** The counter that tells how often this happened. */
  readonly counter: string;
  readonly headers: OutgoingHttpHeaders;

  constructor(status: number, counter: string, reason: string, headers: OutgoingHttpHeaders = {}) {
    super(reason);
    this.status = status;
    this.counter = counter;
    this.headers = headers;
  }

  static invalid(reason: string): Refusal {
    return new Refusal(400, "refused", reason);
  }

  static unauthorized(): Refusal {
    return new Refusal(401, "unauthorized", "a valid bearer token is required", { "WWW-Authenticate": "Bearer" });
  }

  static notFound(): Refusal {
    return new Refusal(404, "not_found", "nothing is received at this path");
  }

  static wrongMethod(): Refusal {
    return new Refusal(405, "wrong_method", "events are sent by POST", { Allow: "POST" });
  }

  static tooLarge(maxBytes: number): Refusal {
    return new Refusal(413, "too_large", `the body has more than max_body_bytes (${maxBytes})`);
  }

  /** The journal will never have room for it. */
  static tooLargeForJournal(): Refusal {
    return new Refusal(413, "too_large", "the body has more bytes than the journal may have (journal.max_bytes)");
  }

  static unknownEncoding(): Refusal {
    const headers = { "Accept-Encoding": "gzip, identity" };
    return new Refusal(415, "unknown_encoding", "the only Content-Encoding is gzip", headers);
  }

  /** Not now: the sender is to try again. */
  static busy(reason: string): Refusal {
    return new Refusal(429, "throttled", reason, { "Retry-After": RETRY_AFTER });
  }

  /** Something failed here that was not the sender's fault. */
  static failed(): Refusal {
    return new Refusal(503, "failed", "the events could not be stored", { "Retry-After": RETRY_AFTER });
  }
}
