import { parseRetryAfter } from "../api/retry-after.ts";
import { ApiError, NO_ANSWER } from "./api-error.ts";

/** Longest wait that a server can ask for; more would be a fault of the server's. */
const RETRY_AFTER_MAX_MS = 120_000;

/** What a header Retry-After asks for, bounded: milliseconds from `nowMs` (wall clock); undefined if it says nothing. */
export function boundedRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const ms = parseRetryAfter(header, nowMs);
  return ms === undefined ? undefined : Math.min(ms, RETRY_AFTER_MAX_MS);
}

const SERVER_FAULTS: readonly number[] = [NO_ANSWER, 500, 502, 503, 504];

/**
 * Whether a failed call may be sent again. 429 says that the server did not begin, so any call may; after a server's
 * fault or no answer it may have done its work, so only a call may that does no harm when done twice.
 */
export function isRetriable(error: unknown, idempotent: boolean): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.status === 429 || (idempotent && SERVER_FAULTS.includes(error.status));
}
