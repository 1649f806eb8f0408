import type { CheckWarehouse } from "./check-warehouse.ts";
import { quoteName, quoteTableText } from "./table-text.ts";

/** The rows that a check looks at, in the SQL of their warehouse. */
export interface CheckedRows {
  readonly warehouse: CheckWarehouse;
  /** As the manifest has it. */
  readonly table: string;
  /** Which rows of it, as SQL writes a condition; all where it is missing. */
  readonly where?: string | undefined;
}

/** What stands behind FROM. The newline keeps a comment in the user's last line from swallowing the parenthesis. */
export function fromRows({ warehouse, table, where }: CheckedRows, alias?: string): string {
  const quoted = quoteTableText(warehouse.dialect, table);
  if (where !== undefined) return `(SELECT * FROM ${quoted} WHERE (${where}\n)) AS ${alias ?? "checked"}`;
  return alias === undefined ? quoted : `${quoted} AS ${alias}`;
}

export function columnOf({ warehouse }: CheckedRows, column: string): string {
  return quoteName(warehouse.dialect, column);
}
