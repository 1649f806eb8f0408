import { ConfigurationError } from "../../errors.ts";
import type { Session } from "../../postgres/session.ts";
import { parseTableName, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { nearNames } from "../../words/near-names.ts";
import { type CatalogColumn, sourceColumn } from "./postgres-column.ts";
import type { SourceRows } from "./postgres-rows.ts";

/** A table, view, materialized view or foreign table of the source, and how its columns travel. */
export interface SourceTable extends TableName, SourceRows {}

/**
 * Begins the transaction that all tables are read in, one snapshot for all of them, and describes them. Tables are locked
 * against changes of their shape until it ends. Throws a ConfigurationError for a table that does not exist.
 */
export async function beginSnapshot(
  session: Session,
  names: readonly string[],
  defaultSchema: string,
): Promise<readonly SourceTable[]> {
  return await beginTableSnapshot(
    session,
    names.map((name) => parseTableName(name, defaultSchema)),
  );
}

/** As {@link beginSnapshot}, for tables whose schemas are known. */
export async function beginTableSnapshot(
  session: Session,
  wanted: readonly TableName[],
): Promise<readonly SourceTable[]> {
  const lockable: TableName[] = [];
  for (const table of wanted) {
    if (["r", "p"].includes(await relationKind(session, table))) lockable.push(table);
  }
  await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  if (lockable.length > 0)
    await session.query(`LOCK TABLE ${lockable.map(quoteTable).join(", ")} IN ACCESS SHARE MODE`);
  const tables: SourceTable[] = [];
  for (const table of wanted) {
    const columns = (await readColumns(session, table)).map(sourceColumn);
    tables.push({ ...table, columns, from: quoteTable(table) });
  }
  return tables;
}

/** pg_class.relkind of a relation that rows can be read from. */
async function relationKind(session: Session, table: TableName): Promise<string> {
  const { rows } = await session.query<{ kind: string }>(
    `SELECT c.relkind AS kind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
    [table.schema, table.table],
  );
  const kind = rows[0]?.kind;
  if (kind === undefined) throw await unknownTable(session, table);
  return kind;
}

export async function unknownTable(session: Session, table: TableName): Promise<ConfigurationError> {
  const { rows } = await session.query<TableName>(
    `SELECT n.nspname::text AS schema, c.relname::text AS table
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' LIMIT 5000`,
  );
  const { connection, database } = session.settings;
  const near = nearNames(showTable(table), rows.map(showTable));
  const found = near.length === 0 ? "It has no tables that this user can see" : `Near names: ${near.join(", ")}`;
  return new ConfigurationError(
    "UnknownTable",
    `connection ${connection}: table ${showTable(table)} does not exist in database "${database}". ${found}. Correct from.tables or from.schema`,
  );
}

const COLUMNS = `
WITH RECURSIVE base AS (
  SELECT a.attnum, a.attname, a.attnotnull, a.atttypid AS typid, a.atttypmod AS typmod, 0 AS depth
  FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.attnum, b.attname, b.attnotnull, t.typbasetype, t.typtypmod, b.depth + 1
  FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typid WHERE t.typtype = 'd'
), followed AS (
  SELECT DISTINCT ON (attnum) * FROM base ORDER BY attnum, depth DESC
)
SELECT f.attname::text AS name, f.attnotnull AS "notNull", e.typname::text AS "typeName",
  (t.typcategory = 'A' AND t.typelem <> 0) AS "isArray",
  (e.typnamespace = 'pg_catalog'::regnamespace AND e.oid < 16384) AS "isBuiltIn",
  pg_catalog.format_type(f.typid, f.typmod) AS declaration
FROM followed f
JOIN pg_catalog.pg_type t ON t.oid = f.typid
JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
ORDER BY f.attnum`;

/** The columns of a table in their order. 16384 is FirstNormalObjectId: every type of initdb lies below it. */
async function readColumns(session: Session, table: TableName): Promise<readonly CatalogColumn[]> {
  const { rows } = await session.query<CatalogColumn>(COLUMNS, [quoteTable(table)]);
  return rows;
}
