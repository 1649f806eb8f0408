import { parseRetryAfter } from "#api/retry-after.ts";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What stands before `remaining` and `reset`: most APIs, and the IETF's draft RateLimit header fields. */
const PREFIXES = ["x-ratelimit-", "x-rate-limit-", "ratelimit-"];
/** A reset above this counts seconds from 1970, one below it from now. */
const EPOCH_SECONDS_MIN = 1_000_000_000;

/** Whether a refusal says that there were too many requests: some APIs do it by 403, with the headers of 429. */
export function isRateLimited(status: number, headers: Headers): boolean {
  if (status === 429) return true;
  return status === 403 && (headers["retry-after"] !== undefined || said(headers, "remaining") === 0);
}

/** How long the server asks to wait, in milliseconds from `now`; undefined when it says nothing. */
export function waitAsked(status: number, headers: Headers, now: number): number | undefined {
  const after = parseRetryAfter([headers["retry-after"]].flat()[0], now);
  if (after !== undefined || !isRateLimited(status, headers)) return after;
  const reset = said(headers, "reset");
  if (reset === undefined) return undefined;
  return Math.max(0, reset >= EPOCH_SECONDS_MIN ? reset * 1000 - now : reset * 1000);
}

function said(headers: Headers, name: "remaining" | "reset"): number | undefined {
  for (const prefix of PREFIXES) {
    const value = [headers[`${prefix}${name}`]].flat()[0]?.trim() ?? "";
    if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  }
  return undefined;
}
