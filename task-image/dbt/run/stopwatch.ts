import type { Step } from "./node-result.ts";

export interface RunClock {
  /** Seconds that only grow. */
  readonly seconds: () => number;
  /** Microseconds of UTC since 1970. */
  readonly micros: () => bigint;
}

/** Measures a node's run and its steps, one behind the other. */
export class Stopwatch {
  readonly steps: Step[] = [];
  readonly #clock: RunClock;
  readonly #begin: number;
  #at: bigint;

  constructor(clock: RunClock) {
    this.#clock = clock;
    this.#begin = clock.seconds();
    this.#at = clock.micros();
  }

  get seconds(): number {
    return this.#clock.seconds() - this.#begin;
  }

  /** A step has ended well. */
  end(name: Step["name"]): void {
    const now = this.#clock.micros();
    this.steps.push({ name, startedAt: this.#at, completedAt: now });
    this.#at = now;
  }
}
