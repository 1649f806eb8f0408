import { parseTableName, quoteIdentifier, quoteTable } from "../sql/identifier.ts";

/** A table of a check as SQL. Without a schema the server finds it by search_path. */
export function quoteTableText(table: string): string {
  return table.includes(".") ? quoteTable(parseTableName(table, "")) : quoteIdentifier(table);
}
