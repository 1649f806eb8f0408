import type { Dialect } from "../loading/warehouse-session.ts";
import { parseTableName, quoteIdentifier, quoteTable } from "../sql/identifier.ts";

type Folding = Pick<Dialect, "fold">;

/** A name as SQL writes it. */
export function quoteName({ fold }: Folding, name: string): string {
  return quoteIdentifier(fold(name));
}

/** A table of a check as SQL. Without a schema the server finds it by its own rules. */
export function quoteTableText({ fold }: Folding, text: string): string {
  if (!text.includes(".")) return quoteIdentifier(fold(text));
  const { schema, table } = parseTableName(text, "");
  return quoteTable({ schema: fold(schema), table: fold(table) });
}
