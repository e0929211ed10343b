/**
 * Waits for work to end; once the signal is aborted, only for so many milliseconds more. What was asked to stop gets the time to
 * do so, and what does not listen holds nobody up.
 * @throws the signal's reason when the grace is over, or what the work threw
 */
export async function withGrace<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  milliseconds: number,
): Promise<Result> {
  const over = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => over.reject(signal.reason), milliseconds);
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    signal.removeEventListener("abort", begin);
    clearTimeout(timer);
  }
}
