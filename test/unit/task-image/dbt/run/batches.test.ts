import { expect, test } from "vitest";
import { type BatchSize, batchesOf } from "../../../../../task-image/dbt/run/batches.ts";
import { isoDatetime } from "../../../../../task-image/dbt/values/iso-time.ts";

const microsOf = (text: string) => isoDatetime(text)?.micros ?? 0n;
const iso = (micros: bigint) => new Date(Number(micros / 1000n)).toISOString().slice(0, 16);

/** Size, beginning of all, batches that are built again, the run's time, whether the model is there; then what dbt 1.11.16 makes of it. */
const RECORDED: readonly (readonly [BatchSize, string, number, string, boolean, readonly string[]])[] = [
  [
    "year",
    "2024-05-01T00:00:00",
    1,
    "2025-03-04T05:06:07",
    false,
    ["2024 2024-01-01T00:00 2025-01-01T00:00", "2025 2025-01-01T00:00 2026-01-01T00:00"],
  ],
  ["year", "2024-05-01", 0, "2025-03-04T05:06:07", true, ["2025 2025-01-01T00:00 2026-01-01T00:00"]],
  [
    "month",
    "2024-11-30",
    1,
    "2025-01-31T12:00:00",
    false,
    [
      "202411 2024-11-01T00:00 2024-12-01T00:00",
      "202412 2024-12-01T00:00 2025-01-01T00:00",
      "202501 2025-01-01T00:00 2025-02-01T00:00",
    ],
  ],
  [
    "month",
    "2020-01-01",
    2,
    "2025-03-31T00:00:00",
    true,
    [
      "202501 2025-01-01T00:00 2025-02-01T00:00",
      "202502 2025-02-01T00:00 2025-03-01T00:00",
      "202503 2025-03-01T00:00 2025-04-01T00:00",
    ],
  ],
  [
    "day",
    "2025-02-27T10:00:00",
    1,
    "2025-03-01T00:00:00",
    false,
    ["20250227 2025-02-27T00:00 2025-02-28T00:00", "20250228 2025-02-28T00:00 2025-03-01T00:00"],
  ],
  [
    "day",
    "2020-01-01",
    1,
    "2025-03-01T00:00:00",
    true,
    ["20250227 2025-02-27T00:00 2025-02-28T00:00", "20250228 2025-02-28T00:00 2025-03-01T00:00"],
  ],
  [
    "hour",
    "2025-01-01T22:30:00",
    1,
    "2025-01-02T00:10:00",
    false,
    [
      "20250101T22 2025-01-01T22:00 2025-01-01T23:00",
      "20250101T23 2025-01-01T23:00 2025-01-02T00:00",
      "20250102T00 2025-01-02T00:00 2025-01-02T01:00",
    ],
  ],
  [
    "hour",
    "2020-01-01",
    1,
    "2025-01-01T00:00:01",
    true,
    ["20241231T23 2024-12-31T23:00 2025-01-01T00:00", "20250101T00 2025-01-01T00:00 2025-01-01T01:00"],
  ],
  ["day", "2030-01-01", 1, "2025-03-01T00:00:01", false, ["20300101 2030-01-01T00:00 2025-03-02T00:00"]],
];

test.each(RECORDED)(
  "batches of a %s from %s with lookback %i at %s, incremental: %s",
  (size, begin, lookback, now, isIncremental, batches) => {
    const found = batchesOf({ size, begin, lookback }, microsOf(now), isIncremental);
    expect(found.map(({ id, start, end }) => `${id} ${iso(start)} ${iso(end)}`)).toEqual(batches);
  },
);
