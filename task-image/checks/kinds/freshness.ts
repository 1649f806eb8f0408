import { durationMs, formatDuration } from "#api/duration.ts";
import type { CheckQuery } from "../check-query.ts";
import { type CheckedRows, columnOf, fromRows } from "../checked-rows.ts";

interface Age {
  readonly column: string;
  /** `24h`. */
  readonly maxAge: string;
}

/**
 * One failing row, the newest value and its age. A value far in the future would hide for years that nothing new comes, so it fails too,
 * and with it what no clock reaches (infinity).
 */
export function freshness(rows: CheckedRows, { column, maxAge }: Age): CheckQuery {
  const { dialect, epoch } = rows.warehouse;
  const newest = `max(${columnOf(rows, column)})`;
  const seconds = durationMs(maxAge) / 1000;
  return {
    expectation: `${column} is at most ${maxAge} old`,
    failing: `SELECT newest, age_seconds FROM (SELECT ${newest} AS newest, ${epoch(dialect.now)} - ${epoch(newest)} AS age_seconds FROM ${fromRows(rows)}) AS measured WHERE newest IS NULL OR age_seconds > ${seconds} OR age_seconds < -${seconds}`,
    columns: [{ table: rows.table, names: [column] }],
    detail: "min(age_seconds)",
    say: sayAge,
  };
}

function sayAge(seconds: string | null): string {
  if (seconds === null) return "no row has a value";
  const age = Number(seconds);
  if (!Number.isFinite(age)) return "the newest value is no moment that a clock reaches";
  const long = formatDuration(Math.abs(age) * 1000);
  return age < 0 ? `the newest value lies ${long} in the future` : `the newest value is ${long} old`;
}
