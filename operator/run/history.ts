import { durationMs } from "../api/duration.ts";

/** A finished run, as the history limits see it. Times in milliseconds since the epoch. */
export interface FinishedRun {
  readonly name: string;
  readonly uid: string;
  readonly succeeded: boolean;
  readonly finished: number;
}

export interface HistoryLimits {
  readonly succeeded: number;
  readonly failed: number;
  readonly ttl: string;
}

/** The runs that the limits give up, and when the next one grows too old. The newest of each kind are kept. */
export function expiredRuns(
  runs: readonly FinishedRun[],
  limits: HistoryLimits,
  now: number,
): { readonly expired: readonly FinishedRun[]; readonly wakeAt?: number } {
  const ttl = durationMs(limits.ttl);
  const kept: FinishedRun[] = [];
  const expired: FinishedRun[] = [];
  for (const succeeded of [true, false]) {
    const newestFirst = runs
      .filter((run) => run.succeeded === succeeded)
      .sort((a, b) => b.finished - a.finished || (a.name < b.name ? -1 : 1));
    const limit = succeeded ? limits.succeeded : limits.failed;
    for (const [index, run] of newestFirst.entries()) {
      (index >= limit || now - run.finished >= ttl ? expired : kept).push(run);
    }
  }
  if (kept.length === 0) return { expired };
  return { expired, wakeAt: Math.min(...kept.map((run) => run.finished)) + ttl };
}
