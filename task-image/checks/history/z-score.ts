/** How a number stands to those before it. */
export interface Standing {
  readonly mean: number;
  /** Standard deviation of a sample: with n - 1. */
  readonly deviation: number;
  /** How many standard deviations it lies from the mean, never negative; infinite where all before it were the same and it is another. */
  readonly score: number;
}

/**
 * The z-score of a number against at least two finite ones. All are scaled by the largest of them first, so that squares of huge
 * numbers do not overflow and those of tiny ones do not vanish.
 */
export function standingOf(value: number, history: readonly number[]): Standing {
  const scale = Math.max(Math.abs(value), ...history.map(Math.abs)) || 1;
  const scaled = history.map((each) => each / scale);
  const [first = 0] = scaled;
  // Differences from one of them: the mean of equal numbers is that number, to the last digit.
  const mean = first + scaled.reduce((sum, each) => sum + (each - first), 0) / scaled.length;
  const squares = scaled.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (scaled.length - 1));
  const distance = Math.abs(value / scale - mean);
  const score = distance === 0 ? 0 : distance / deviation;
  return { mean: mean * scale, deviation: deviation * scale, score };
}

/** Whether a number differs so little from the mean that its score does not matter. `tolerance` is a share of the mean. */
export function isWithin(value: number, mean: number, tolerance: number): boolean {
  // Halves: the difference of two huge numbers may be more than the largest.
  return Math.abs(value / 2 - mean / 2) <= (Math.abs(mean) * tolerance) / 2;
}
