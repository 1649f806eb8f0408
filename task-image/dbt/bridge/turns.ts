/** What the threads of a run do one after the other: who waits has its turn when the one before has ended. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Answers what ends the turn. */
  async take(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }
}
