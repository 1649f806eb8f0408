import type { CheckQuery } from "../check-query.ts";
import { type CheckedRows, columnOf, fromRows } from "../checked-rows.ts";

/** One failing row per value that occurs more than once, with its number. NULL is no value, as in a UNIQUE constraint. */
export function unique(rows: CheckedRows, columns: readonly string[]): CheckQuery {
  const keys = columns.map((column) => columnOf(rows, column));
  const present = keys.map((key) => `${key} IS NOT NULL`).join(" AND ");
  return {
    expectation: `unique ${columns.join(", ")}`,
    failing: `SELECT ${keys.join(", ")}, count(*) AS occurrences FROM ${fromRows(rows)} WHERE ${present} GROUP BY ${keys.join(", ")} HAVING count(*) > 1`,
    columns: [{ table: rows.table, names: columns }],
  };
}
