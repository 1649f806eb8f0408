const FIRST_MS = 500;
const LONGEST_MS = 60_000;
/** Longest wait that a server can ask for within one attempt of the node. */
export const RETRY_AFTER_MAX_MS = 300_000;

/** How long to wait before the next try, after `tries` that failed; undefined when the server asks for more than there is. */
export function delayBefore(tries: number, retryAfterMs: number | undefined): number | undefined {
  if (retryAfterMs !== undefined) return retryAfterMs <= RETRY_AFTER_MAX_MS ? retryAfterMs : undefined;
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1));
}
