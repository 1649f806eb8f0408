/** Time as the channel sees it: a test has its own. */
export interface Clock {
  /** Milliseconds of a clock that does not go back. */
  monotonic(): number;
  /** Calls back once, unless the answer is called before. */
  after(delayMs: number, callback: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  monotonic: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
