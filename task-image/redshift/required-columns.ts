import type { Describe } from "../checks/check-run.ts";
import { describeMissingColumns, describeMissingTable } from "../checks/missing-columns.ts";
import type { Session } from "../postgres/session.ts";
import { parseTableName } from "../sql/identifier.ts";
import { foldName, foldTable } from "./identifier.ts";

/**
 * Says what is missing: the table, or columns of it. Undefined when all is there, and where the catalog does not know: for a table
 * without a schema, which the search path finds, and for a view that is bound late, whose columns are not in the catalog.
 */
export const describeMissing: Describe = async (session, table, _quoted, columns) => {
  if (!table.includes(".")) return undefined;
  const { schema, table: name } = foldTable(parseTableName(table, ""));
  const { rows } = await session.query<{ name: string | null }>(
    `SELECT a.attname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE n.nspname = $1 AND c.relname = $2 ORDER BY a.attnum`,
    [schema, name],
  );
  if (rows.length === 0) return await missingTable(session, table);
  const existing = rows.flatMap((row) => (row.name === null ? [] : [row.name]));
  if (existing.length === 0) return undefined;
  return describeMissingColumns(table, columns, existing, (column) => existing.includes(foldName(column)));
};

async function missingTable(session: Session, table: string): Promise<string> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT n.nspname || '.' || c.relname AS name FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'v') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg_%' LIMIT 5000`,
  );
  return describeMissingTable(
    table,
    rows.map(({ name }) => name),
  );
}
