/** The last line of a benchmark, as JSON: what was measured, against what, and whether it is as good as it must be. */
export interface BenchmarkLine {
  readonly benchmark: string;
  /** Ours to the reference's in the same run; what it divides is said by the benchmark. */
  readonly ratio: number;
  /** Every bar as it reads, and whether it holds. */
  readonly bars?: Readonly<Record<string, boolean>>;
  readonly figures: Readonly<Record<string, number | string | readonly number[]>>;
}

/** The middle one of an odd number of figures, the mean of the middle two of an even number. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return Number.isInteger(half) ? (upper + (sorted[half - 1] ?? Number.NaN)) / 2 : upper;
}

export function round(figure: number): number {
  return Math.round(figure * 1000) / 1000;
}
