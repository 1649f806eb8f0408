import type { CheckQuery } from "../check-query.ts";
import { type CheckedRows, fromRows } from "../checked-rows.ts";

interface Range {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** One failing row, the count, when it lies outside of the range. */
export function rowCount(rows: CheckedRows, { min, max }: Range): CheckQuery {
  const bounds = [
    ...(min === undefined ? [] : [{ outside: `count(*) < ${min}`, words: `at least ${min}` }]),
    ...(max === undefined ? [] : [{ outside: `count(*) > ${max}`, words: `at most ${max}` }]),
  ];
  const outside = bounds.map((bound) => bound.outside).join(" OR ") || "false";
  return {
    expectation: `row count ${bounds.map(({ words }) => words).join(" and ") || "any"}`,
    failing: `SELECT count(*) AS row_count FROM ${fromRows(rows)} HAVING ${outside}`,
    columns: [{ table: rows.table, names: [] }],
    detail: "min(row_count)",
    say: (count) => `row count is ${count}`,
  };
}
