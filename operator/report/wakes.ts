import type { Clock } from "../kube/clock.ts";

/** The least time between two looks at a run for what nobody decides by. */
const DETAIL_MS = 1_000;

interface Waiting {
  readonly lastAt: number;
  readonly cancel?: () => void;
}

/** Says which runs are to be looked at: at once for what is decisive, at most once a second for details. */
export class Wakes {
  readonly #clock: Clock;
  readonly #wake: (run: string) => void;
  readonly #runs = new Map<string, Waiting>();

  constructor(clock: Clock, wake: (run: string) => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  now(run: string): void {
    this.#runs.get(run)?.cancel?.();
    this.#fire(run);
  }

  soon(run: string): void {
    const { lastAt = Number.NEGATIVE_INFINITY, cancel } = this.#runs.get(run) ?? {};
    if (cancel !== undefined) return;
    const leftMs = lastAt + DETAIL_MS - this.#clock.monotonic();
    if (leftMs <= 0) this.#fire(run);
    else this.#runs.set(run, { lastAt, cancel: this.#clock.after(leftMs, () => this.#fire(run)) });
  }

  /** Forgets the runs that were last woken more than the interval ago. */
  sweep(): void {
    const old = this.#clock.monotonic() - DETAIL_MS;
    for (const [run, { lastAt, cancel }] of this.#runs)
      if (cancel === undefined && lastAt < old) this.#runs.delete(run);
  }

  stop(): void {
    for (const { cancel } of this.#runs.values()) cancel?.();
    this.#runs.clear();
  }

  #fire(run: string): void {
    this.#runs.set(run, { lastAt: this.#clock.monotonic() });
    this.#wake(run);
  }
}
