import type { CheckWarehouse, FoundTable } from "../checks/check-warehouse.ts";
import type { WarehouseSession } from "../loading/warehouse-session.ts";
import { databaseFailure } from "../postgres/failure.ts";
import { replaceTable } from "../postgres/kept-failures.ts";
import { TYPE_ALIASES } from "../postgres/type-aliases.ts";
import { parseTableName, quoteLiteral } from "../sql/identifier.ts";
import { REDSHIFT, redshiftStatements } from "./dialect.ts";
import { foldTable } from "./identifier.ts";
import { openRedshiftSession } from "./session.ts";

export const REDSHIFT_CHECKS: CheckWarehouse = {
  dialect: REDSHIFT,
  beginReading: "BEGIN TRANSACTION READ ONLY",
  literal: quoteLiteral,
  epoch: (moment) => `EXTRACT(EPOCH FROM ${moment})`,
  // TEXT is a varchar (Amazon Redshift Database Developer Guide, "Character types").
  typeNames: { ...TYPE_ALIASES, text: "character varying", nvarchar: "character varying", nchar: "character" },
  listColumns: (table) => {
    const name = foldTable(parseTableName(table, ""));
    return columnsWhere(quoteLiteral(name.schema), quoteLiteral(name.table));
  },
  open: async (spec, connection, context) => {
    const session = await openRedshiftSession(spec, connection, context);
    return { ...redshiftStatements(session), [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
  },
  describe,
  failureOf: databaseFailure,
  replaceTable,
};

function columnsWhere(schema: string, table: string): string {
  return `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE n.nspname = ${schema} AND c.relname = ${table} ORDER BY a.attnum`;
}

/** The catalog does not know a table without a schema, which the search path finds, and no columns of a view that is bound late. */
async function describe(session: WarehouseSession, table: string): Promise<FoundTable> {
  if (!table.includes(".")) return { is: "unknown" };
  const name = foldTable(parseTableName(table, ""));
  const rows = await session.select(columnsWhere("$1", "$2"), [name.schema, name.table]);
  if (rows.length === 0) return { is: "missing", known: await tablesOf(session) };
  const columns = rows.flatMap(({ name: column, type }) =>
    column === null ? [] : [{ name: String(column), type: String(type) }],
  );
  return columns.length === 0 ? { is: "unknown" } : { is: "found", columns };
}

async function tablesOf(session: WarehouseSession): Promise<readonly string[]> {
  const rows = await session.select(
    `SELECT n.nspname || '.' || c.relname AS name FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'v') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg_%' LIMIT 5000`,
  );
  return rows.map(({ name }) => String(name));
}
