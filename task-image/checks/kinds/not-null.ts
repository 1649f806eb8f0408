import type { CheckQuery } from "../check-query.ts";
import { type CheckedRows, columnOf, fromRows } from "../checked-rows.ts";

export function notNull(rows: CheckedRows, columns: readonly string[]): CheckQuery {
  const missing = columns.map((column) => `${columnOf(rows, column)} IS NULL`).join(" OR ");
  return {
    expectation: `not null ${columns.join(", ")}`,
    failing: `SELECT * FROM ${fromRows(rows)} WHERE ${missing}`,
    columns: [{ table: rows.table, names: columns }],
  };
}
