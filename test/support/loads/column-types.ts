import type { TestDatabase } from "../servers/postgres.ts";

/** Column → type of a table, in the order of its columns. */
export async function columnTypes(database: TestDatabase, table: string): Promise<Record<string, string | null>> {
  const rows = await database.query(
    `SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
  );
  return Object.fromEntries(rows.map(({ attname, type }) => [attname ?? "", type ?? null]));
}
