export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Less than a ten-millionth of a token is rounding: a timer that fired on time must find its token. */
const ROUNDING = 1e-7;

/** Spreads calls evenly once a burst is used up. Whoever reserves first goes first. */
export class TokenBucket {
  readonly #limit: RateLimit;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  constructor(limit: RateLimit) {
    this.#limit = limit;
    this.#tokens = limit.burst;
  }

  /** Takes a token, or as many as a call costs, and says how many milliseconds from `nowMs` (monotonic) they may be used. */
  reserve(nowMs: number, cost = 1): number {
    this.#tokens = this.#tokensAt(nowMs) - cost;
    this.#filledAt = nowMs;
    return this.#untilPositive(this.#tokens);
  }

  /** How many milliseconds from `nowMs` the next token may be used; takes none. */
  waitMs(nowMs: number): number {
    return this.#untilPositive(this.#tokensAt(nowMs) - 1);
  }

  /** Whether nothing of the burst is used up. */
  isFull(nowMs: number): boolean {
    return this.#tokensAt(nowMs) === this.#limit.burst;
  }

  #tokensAt(nowMs: number): number {
    const gained = ((nowMs - this.#filledAt) / 1000) * this.#limit.perSecond;
    return Math.min(this.#limit.burst, this.#tokens + gained);
  }

  #untilPositive(tokens: number): number {
    return tokens >= -ROUNDING ? 0 : (-tokens / this.#limit.perSecond) * 1000;
  }
}
