const LONGEST_RETRY_AFTER = 300_000;

/** How long to wait before what was refused is sent again, in milliseconds. */
export interface Waits {
  readonly first: number;
  readonly longest: number;
}

/** For a server that is busy: 0.1 s, doubling to 30 s. */
export const BUSY_WAITS: Waits = { first: 100, longest: 30_000 };
/** For a cluster that takes no writes until somebody acts: 5 s, doubling to 60 s. */
export const BLOCKED_WAITS: Waits = { first: 5_000, longest: 60_000 };

/**
 * Milliseconds to wait before try number `attempt` (1 is the first repetition): drawn from 0 to a bound that doubles
 * (full jitter), so that many senders spread; never sooner than the server asked for.
 */
export function backoff(waits: Waits, attempt: number, retryAfter = 0, random: () => number = Math.random): number {
  const bound = Math.min(waits.longest, waits.first * 2 ** Math.min(attempt - 1, 30));
  return Math.max(random() * bound, retryAfter);
}

/** Milliseconds that a Retry-After header asks for: seconds or a date, five minutes at the most; 0 for anything else. */
export function retryAfter(header: string | undefined, now: number = Date.now()): number {
  if (header === undefined) return 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return wait > 0 ? Math.min(wait, LONGEST_RETRY_AFTER) : 0;
}
