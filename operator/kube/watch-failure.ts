import { ApiError, NO_ANSWER } from "./api-error.ts";

/** Watches in a row that ended without a single event, after which a version is held to be unusable. */
const FRUITLESS_MAX = 5;

export interface WatchFailure {
  /** What to do after the wait: go on from the last version, or list everything again. */
  readonly next: "watch" | "list";
  /** How long the server asked to be left alone. */
  readonly retryAfterMs: number;
}

/**
 * What to do after a watch broke.
 *
 * | what came                                        | next                                         |
 * |--------------------------------------------------|----------------------------------------------|
 * | no answer, reset, silence, 429 or 5xx            | watch on from the last version               |
 * | the same, five times in a row without one event  | list                                         |
 * | 410, or any other status                         | list                                         |
 * | a line that is no watch event, or one too long   | list                                         |
 */
export function judgeWatchFailure(error: unknown, fruitless: number): WatchFailure {
  const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  const passing =
    error instanceof ApiError && (error.status === NO_ANSWER || error.status === 429 || error.status >= 500);
  return { next: passing && fruitless < FRUITLESS_MAX ? "watch" : "list", retryAfterMs };
}
