import type { CheckQuery } from "../check-query.ts";
import { type CheckedRows, columnOf, fromRows } from "../checked-rows.ts";

interface Ratio {
  readonly column: string;
  /** `5%`. */
  readonly max: string;
}

/** One failing row, the share, when it is too large. A table without rows has none. Per cent, so that whole numbers are compared exactly. */
export function nullRatio(rows: CheckedRows, { column, max }: Ratio): CheckQuery {
  const percent = `CAST(count(*) - count(${columnOf(rows, column)}) AS float) * 100 / NULLIF(count(*), 0)`;
  return {
    expectation: `at most ${max} of ${column} is null`,
    failing: `SELECT null_percent FROM (SELECT ${percent} AS null_percent FROM ${fromRows(rows)}) AS measured WHERE null_percent > ${max.slice(0, -1)}`,
    columns: [{ table: rows.table, names: [column] }],
    detail: "min(null_percent)",
    say: (found) => `${Number(Number(found).toPrecision(4))}% of the rows are null`,
  };
}
