import { durationMs } from "../api/duration.ts";
import type { FullRetries } from "../api/retries.ts";

/**
 * Milliseconds between the end of attempt `attempt` (from 1) and the beginning of the next one: initial × factor^(attempt-1),
 * at most max, ± 10 %. The jitter comes from `seed`, so that a repeated decision gives the same time.
 */
export function retryDelayMs(retries: FullRetries, attempt: number, seed: string): number {
  const { initial, factor, max } = retries.backoff;
  // Bounded, because nothing times infinity is no number.
  const growth = Math.min(factor ** (attempt - 1), Number.MAX_SAFE_INTEGER);
  const delay = Math.min(durationMs(initial) * growth, durationMs(max));
  return Math.round(delay * (0.9 + 0.2 * fraction(`${seed}/${attempt}`)));
}

/** A number in [0, 1) from a text: FNV-1a, finished with a multiply-shift so that close texts give distant numbers. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
