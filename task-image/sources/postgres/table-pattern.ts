import type { Session } from "../../postgres/session.ts";
import { parseTableName, type TableName } from "../../sql/identifier.ts";
import { unknownTable } from "./postgres-table.ts";

/** Whether a name of from.tables stands for any number of tables. */
export function isTablePattern(name: string): boolean {
  return name.includes("*");
}

/**
 * The tables that names and patterns stand for, each once, in the order of the names and within a pattern by name. A pattern
 * finds tables, not views, not partitions (their parents are found) and no tables of kelt's own. Throws a ConfigurationError
 * for a pattern that finds nothing.
 */
export async function findTables(
  session: Session,
  names: readonly string[],
  defaultSchema: string,
): Promise<readonly TableName[]> {
  const found = new Map<string, TableName>();
  for (const name of names) {
    const wanted = parseTableName(name, defaultSchema);
    const tables = isTablePattern(name) ? await matchingTables(session, wanted) : [wanted];
    if (tables.length === 0) throw await unknownTable(session, wanted);
    for (const table of tables) found.set(JSON.stringify([table.schema, table.table]), table);
  }
  return [...found.values()];
}

async function matchingTables(session: Session, pattern: TableName): Promise<readonly TableName[]> {
  const { rows } = await session.query<{ schema: string; table: string }>(
    `SELECT n.nspname::text AS schema, c.relname::text AS table
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname !~ '^_kelt_'
       AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       AND n.nspname::text ~ $1 AND c.relname::text ~ $2
     ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C"`,
    [regularExpression(pattern.schema), regularExpression(pattern.table)],
  );
  return rows;
}

/** Everything but `*` stands for itself. */
function regularExpression(pattern: string): string {
  const literal = (text: string) => text.replace(/[^A-Za-z0-9_]/gu, (character) => `\\${character}`);
  return `^${pattern.split(/\*+/).map(literal).join(".*")}$`;
}
