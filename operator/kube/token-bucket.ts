export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Spreads calls evenly once a burst is used up. Whoever reserves first goes first. */
export class TokenBucket {
  readonly #limit: RateLimit;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  constructor(limit: RateLimit) {
    this.#limit = limit;
    this.#tokens = limit.burst;
  }

  /** Takes a token and says how many milliseconds from `nowMs` (monotonic) it may be used. */
  reserve(nowMs: number): number {
    const gained = ((nowMs - this.#filledAt) / 1000) * this.#limit.perSecond;
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + gained) - 1;
    this.#filledAt = nowMs;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#limit.perSecond) * 1000;
  }
}
