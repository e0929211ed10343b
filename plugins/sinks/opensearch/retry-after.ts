const LONGEST_RETRY_AFTER = 300_000;

/** Milliseconds that a Retry-After header asks for: seconds or a date, five minutes at the most; 0 for anything else. */
export function retryAfter(header: string | undefined, now: number = Date.now()): number {
  if (header === undefined) return 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return wait > 0 ? Math.min(wait, LONGEST_RETRY_AFTER) : 0;
}
