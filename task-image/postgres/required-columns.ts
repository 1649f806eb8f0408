import { describeMissingColumns, describeMissingTable } from "../checks/missing-columns.ts";
import type { Session } from "./session.ts";

/**
 * Says what is missing: the table, or columns of it. Undefined when all is there. `quoted` is the table as SQL, so that
 * search_path finds one without a schema as the query would.
 */
export async function describeMissing(
  session: Session,
  table: string,
  quoted: string,
  columns: readonly string[],
): Promise<string | undefined> {
  const { rows } = await session.query<{ exists: boolean; existing: string[] }>(
    `SELECT pg_catalog.to_regclass($1) IS NOT NULL AS exists, ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
       WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS existing`,
    [quoted],
  );
  const { exists = false, existing = [] } = rows[0] ?? {};
  if (!exists) return missingTable(session, table);
  return describeMissingColumns(table, columns, existing);
}

async function missingTable(session: Session, table: string): Promise<string> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT pg_catalog.format('%s.%s', n.nspname, c.relname) AS name
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' LIMIT 5000`,
  );
  return describeMissingTable(
    table,
    rows.map(({ name }) => name),
  );
}
