import type { Clock } from "../../../operator/kube/clock.ts";

interface Timer {
  readonly at: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/** Everything that promises can do without time passing is done when this resolves. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time that moves only when told to. */
export class FakeClock implements Clock {
  #monotonic = 0;
  #wall: number;
  #sequence = 0;
  readonly #timers = new Set<Timer>();

  constructor(startsAt = "2026-01-01T00:00:00Z") {
    this.#wall = Date.parse(startsAt);
  }

  now(): number {
    return this.#wall + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delayMs: number, callback: () => void): () => void {
    // Whole milliseconds, as setTimeout counts: the rest of a subtraction could be too small to move the time at all.
    const timer = { at: this.#monotonic + Math.ceil(Math.max(0, delayMs)), sequence: this.#sequence++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Somebody sets the wall clock; durations do not feel it. */
  jump(deltaMs: number): void {
    this.#wall += deltaMs;
  }

  /** The process stands still: time passes and no timer fires before it goes on. */
  async freeze(durationMs: number): Promise<void> {
    this.#monotonic += durationMs;
    await this.advance(0);
  }

  /** Lets `durationMs` pass and fires what is due in its order, with all that follows from each before the next. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#monotonic + durationMs;
    await settled();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.callback();
      await settled();
    }
    this.#monotonic = Math.max(this.#monotonic, end);
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.sequence < first.sequence)) {
        first = timer;
      }
    }
    return first;
  }
}
