import type { Clock } from "../../kube/clock.ts";

const LOOK_MS = 10_000;
/** Clocks that are kept in step are moved by less. */
const JUMP_MS = 1_000;

/**
 * Watches for a wall clock that somebody sets. Waits count durations: one for six in the morning would end at the wrong time, so whoever
 * waits for a time of day has to look again. It asks nobody but this machine.
 */
export class ClockJumps {
  readonly #clock: Clock;
  readonly #jumped: () => void;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, jumped: () => void) {
    this.#clock = clock;
    this.#jumped = jumped;
  }

  start(): void {
    this.#look(this.#distance());
  }

  stop(): void {
    this.#cancel?.();
  }

  #look(before: number): void {
    this.#cancel = this.#clock.after(LOOK_MS, () => {
      const now = this.#distance();
      if (Math.abs(now - before) > JUMP_MS) this.#jumped();
      this.#look(now);
    });
  }

  #distance(): number {
    return this.#clock.now() - this.#clock.monotonic();
  }
}
