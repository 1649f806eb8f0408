import type { CheckQuery } from "../check-query.ts";
import { type CheckedRows, columnOf, fromRows } from "../checked-rows.ts";
import { quoteTableText } from "../table-text.ts";

interface Reference {
  readonly column: string;
  readonly to: string;
  readonly field: string;
}

/** Rows whose value stands in no row of the other table. NOT EXISTS, because NOT IN is never true beside a NULL. */
export function relationships(rows: CheckedRows, { column, to, field }: Reference): CheckQuery {
  const key = `child.${columnOf(rows, column)}`;
  const match = `parent.${columnOf(rows, field)} = ${key}`;
  const parent = quoteTableText(rows.warehouse.dialect, to);
  return {
    expectation: `every ${column} stands in ${to}.${field}`,
    failing: `SELECT child.* FROM ${fromRows(rows, "child")} WHERE ${key} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${parent} AS parent WHERE ${match})`,
    columns: [
      { table: rows.table, names: [column] },
      { table: to, names: [field] },
    ],
  };
}
