import { quoteIdentifier, quoteLiteral } from "../sql/identifier.ts";
import type { CheckQuery } from "./check-query.ts";
import { quoteTableText } from "./table-text.ts";

/** Values are compared as text, so that numbers and enums can be listed as they are printed. */
export function acceptedValues(table: string, column: string, values: readonly string[]): CheckQuery {
  const key = quoteIdentifier(column);
  const accepted = values.map(quoteLiteral).join(", ");
  return {
    expectation: `accepted values of ${column}: ${values.join(", ")}`,
    failing: `SELECT * FROM ${quoteTableText(table)} WHERE ${key} IS NOT NULL AND ${key}::text NOT IN (${accepted})`,
    columns: [{ table, names: [column] }],
  };
}
