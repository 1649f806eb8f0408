/** The last line of a benchmark, as JSON: what was measured, against what, and whether it is as good as it must be. */
export interface BenchmarkLine {
  readonly benchmark: string;
  /** Ours to the reference's in the same run; what it divides is said by the benchmark. */
  readonly ratio: number;
  /** The same where nothing is started ahead. */
  readonly pushRatio?: number;
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

/** How two programs that took turns compare. */
export interface Comparison {
  /** The median of the pairs' ratios: a machine that slows down slows both of a pair. */
  readonly ratio: number;
  /** For the benchmark's line: each pair's ratio. Their spread says how far the median can be believed. */
  readonly figures: { readonly pairRatios: readonly number[] };
}

/** Pairs of a comparison: fewer say little on a machine that others use too. */
export const PAIRS = 5;

/** The figures of each pair, divided. Both lists are in the order of the turns. */
export function comparePairs(dividends: readonly number[], divisors: readonly number[]): Comparison {
  const pairRatios = dividends.map((dividend, pair) => dividend / (divisors[pair] ?? Number.NaN));
  return { ratio: round(median(pairRatios)), figures: { pairRatios: pairRatios.map(round) } };
}

export function round(figure: number): number {
  return Math.round(figure * 1000) / 1000;
}
