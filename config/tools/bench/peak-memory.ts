import type { Measured } from "./measured-task.ts";

/** The most memory that a load may take, whatever its size. */
const PEAK_RSS_MIB_MAX = 200;

/** The peak memory of loads, at the size of the benchmark and at a quarter of it: figures and bar for its line. */
export function peakMemory(full: readonly Measured[], quarter: readonly Measured[]) {
  const [peakRssMiB, peakRssMiBAtQuarter] = [peak(full), peak(quarter)];
  return {
    figures: { peakRssMiB, peakRssMiBAtQuarter },
    bars: { [`peakRssMiB <= ${PEAK_RSS_MIB_MAX}`]: Math.max(peakRssMiB, peakRssMiBAtQuarter) <= PEAK_RSS_MIB_MAX },
  };
}

function peak(measured: readonly Measured[]): number {
  return Math.round(Math.max(...measured.map(({ peakRssBytes }) => peakRssBytes)) / 1024 / 1024);
}
