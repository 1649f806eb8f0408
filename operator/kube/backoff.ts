import type { Random } from "./clock.ts";

export interface BackoffLimits {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** Waits that double, each up to twice as long by chance so that clients part ways; never outside the limits. */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: Random;
  #failures = 0;

  constructor(limits: BackoffLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  next(): number {
    const { initialMs, maxMs } = this.#limits;
    const base = Math.max(initialMs, Math.min(maxMs / 2, initialMs * 2 ** this.#failures));
    // Beyond this the base no longer moves and the power would end as Infinity.
    this.#failures = Math.min(this.#failures + 1, 50);
    return Math.min(maxMs, base * (1 + this.#random()));
  }

  reset(): void {
    this.#failures = 0;
  }
}
