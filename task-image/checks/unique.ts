import { quoteIdentifier } from "../sql/identifier.ts";
import type { CheckQuery } from "./check-query.ts";
import { quoteTableText } from "./table-text.ts";

/** One failing row per value that occurs more than once, with its number. NULL is no value, as in a UNIQUE constraint. */
export function unique(table: string, columns: readonly string[]): CheckQuery {
  const keys = columns.map(quoteIdentifier);
  const present = keys.map((key) => `${key} IS NOT NULL`).join(" AND ");
  return {
    expectation: `unique ${columns.join(", ")}`,
    failing: `SELECT ${keys.join(", ")}, count(*) AS occurrences FROM ${quoteTableText(table)} WHERE ${present} GROUP BY ${keys.join(", ")} HAVING count(*) > 1`,
    columns: [{ table, names: columns }],
  };
}
