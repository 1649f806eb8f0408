import type { CheckQuery } from "../check-query.ts";
import { type CheckedRows, columnOf, fromRows } from "../checked-rows.ts";

/** Values are compared as text, so that numbers and enums can be listed as they are printed. */
export function acceptedValues(rows: CheckedRows, column: string, values: readonly string[]): CheckQuery {
  const key = columnOf(rows, column);
  const accepted = values.map(rows.warehouse.literal).join(", ");
  return {
    expectation: `accepted values of ${column}: ${values.join(", ")}`,
    failing: `SELECT * FROM ${fromRows(rows)} WHERE ${key} IS NOT NULL AND ${key}::text NOT IN (${accepted})`,
    columns: [{ table: rows.table, names: [column] }],
  };
}
