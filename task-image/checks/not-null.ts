import { quoteIdentifier } from "../sql/identifier.ts";
import type { CheckQuery } from "./check-query.ts";
import { quoteTableText } from "./table-text.ts";

export function notNull(table: string, columns: readonly string[]): CheckQuery {
  const missing = columns.map((column) => `${quoteIdentifier(column)} IS NULL`).join(" OR ");
  return {
    expectation: `not null ${columns.join(", ")}`,
    failing: `SELECT * FROM ${quoteTableText(table)} WHERE ${missing}`,
    columns: [{ table, names: columns }],
  };
}
