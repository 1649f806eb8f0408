import type { Clock } from "./clock.ts";

/**
 * Calls back once when `lastHeardAt` (monotonic) has not moved for `silenceMs`. Returns what switches it off. One timer
 * however much is heard: events come by the thousand.
 */
export function onSilence(
  clock: Clock,
  silenceMs: number,
  lastHeardAt: () => number | undefined,
  callback: () => void,
): () => void {
  const startedAt = clock.monotonic();
  let disarm: (() => void) | undefined;
  const arm = (delayMs: number) => {
    disarm = clock.after(delayMs, () => {
      const quietMs = clock.monotonic() - Math.max(startedAt, lastHeardAt() ?? startedAt);
      if (quietMs < silenceMs) arm(silenceMs - quietMs);
      else callback();
    });
  };
  arm(silenceMs);
  return () => disarm?.();
}
