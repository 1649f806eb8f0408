import { quoteIdentifier } from "../sql/identifier.ts";
import type { CheckQuery } from "./check-query.ts";
import { quoteTableText } from "./table-text.ts";

interface Reference {
  readonly column: string;
  readonly to: string;
  readonly field: string;
}

/** Rows whose value stands in no row of the other table. NOT EXISTS, because NOT IN is never true beside a NULL. */
export function relationships(table: string, { column, to, field }: Reference): CheckQuery {
  const key = `child.${quoteIdentifier(column)}`;
  const match = `parent.${quoteIdentifier(field)} = ${key}`;
  return {
    expectation: `every ${column} stands in ${to}.${field}`,
    failing: `SELECT child.* FROM ${quoteTableText(table)} AS child WHERE ${key} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${quoteTableText(to)} AS parent WHERE ${match})`,
    columns: [
      { table, names: [column] },
      { table: to, names: [field] },
    ],
  };
}
