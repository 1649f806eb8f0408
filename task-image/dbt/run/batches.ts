import type { Batch } from "../context/event-time.ts";
import { isoDatetime } from "../values/iso-time.ts";
import { microsOf, type WallClock, wallClockOf } from "../values/wall-clock.ts";

export type BatchSize = "hour" | "day" | "month" | "year";

export interface BatchPlan {
  readonly size: BatchSize;
  /** Where the first batch of all begins, ISO 8601. */
  readonly begin: string;
  /** Batches before the newest one that are built again. */
  readonly lookback: number;
}

const HOUR = 3_600_000_000n;
const LENGTHS: Readonly<Record<BatchSize, number>> = { year: 4, month: 7, day: 10, hour: 13 };

/**
 * The batches of a run that begins at `now`, in their order. The newest one ends behind `now`. A model that is there already has as many
 * before it as it looks back, any other all from its beginning.
 */
export function batchesOf({ size, begin, lookback }: BatchPlan, now: bigint, isIncremental: boolean): readonly Batch[] {
  const start = startOf(now, size);
  const end = start === now ? now : moved(start, size, 1);
  // The end is a border of batches: the newest batch is the one before it.
  let from = isIncremental ? moved(end, size, -(lookback + 1)) : startOf(beginOf(begin), size);
  const batches: Batch[] = [];
  do {
    const next = moved(from, size, 1);
    const isLast = next >= end;
    batches.push({ id: idOf(from, size), start: from, end: isLast ? end : next });
    from = next;
  } while (from < end);
  return batches;
}

/** The clock of a beginning counts as UTC whatever zone is written behind it, as in dbt. */
function beginOf(text: string): bigint {
  return isoDatetime(text)?.micros ?? isoDatetime(`${text} 00:00`)?.micros ?? 0n;
}

/** The beginning of the batch that a time lies in. */
function startOf(micros: bigint, size: BatchSize): bigint {
  const { year, month, day, hour } = wallClockOf(micros);
  if (size === "year") return microsOf({ year, month: 1, day: 1 });
  if (size === "month") return microsOf({ year, month, day: 1 });
  return microsOf({ year, month, day, hour: size === "hour" ? hour : 0 });
}

/** The beginning of a batch some batches later, or earlier. */
function moved(start: bigint, size: BatchSize, by: number): bigint {
  if (size === "hour") return start + BigInt(by) * HOUR;
  if (size === "day") return start + BigInt(by) * 24n * HOUR;
  const { year, month } = wallClockOf(start);
  const months = year * 12 + (month - 1) + by * (size === "year" ? 12 : 1);
  return microsOf({ year: Math.floor(months / 12), month: (months % 12) + 1, day: 1 });
}

function idOf(start: bigint, size: BatchSize): string {
  const clock: WallClock = wallClockOf(start);
  const two = (part: number) => String(part).padStart(2, "0");
  const text = `${String(clock.year).padStart(4, "0")}-${two(clock.month)}-${two(clock.day)}T${two(clock.hour)}`;
  return text.slice(0, LENGTHS[size]).replaceAll("-", "");
}
