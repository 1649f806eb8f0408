import { expect, test } from "vitest";
import { type Horizon, horizonWarnings } from "../../../../../task-image/sources/postgres/horizon.ts";

const calm: Horizon = { time: "2026-01-01 00:00:00+00", isBlind: false, isStandby: false, prepared: 0, oldest: null };

test.each<[string, Partial<Horizon>, string]>([
  ["what is hidden from the role", { isBlind: true }, "grant it pg_read_all_stats"],
  ["a standby", { isStandby: true }, "a standby does not show the transactions of its primary"],
  ["prepared transactions", { prepared: 2 }, "2 prepared transactions do not show when they began"],
])("%s can lose rows, which is said unless the manifest says how late they come", (_what, parts, words) => {
  const warned = (lateness: object) => horizonWarnings({ ...calm, ...parts }, lateness).join("\n");
  expect(warned({})).toContain(words);
  expect(warned({ lag: "5m" })).toBe("");
  expect(warned({ lateness: "5m" })).toBe("");
});

test("a transaction that rows have waited for longer than ten minutes is named, whatever the manifest says", () => {
  const oldest = { pid: 41, state: "idle in transaction", seconds: 4000 };
  expect(horizonWarnings({ ...calm, oldest }, { lag: "0s" })).toEqual([
    expect.stringContaining("process 41 (idle in transaction) has been in it for 4000 s"),
  ]);
  expect(horizonWarnings({ ...calm, oldest: { ...oldest, seconds: 599 } }, { lag: "0s" })).toEqual([]);
});
