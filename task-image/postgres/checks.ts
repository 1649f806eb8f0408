import type { CheckWarehouse, FoundTable } from "../checks/check-warehouse.ts";
import { quoteTableText } from "../checks/table-text.ts";
import type { WarehouseSession } from "../loading/warehouse-session.ts";
import { quoteLiteral } from "../sql/identifier.ts";
import { databaseFailure } from "./failure.ts";
import { replaceTable } from "./kept-failures.ts";
import { openSession } from "./session.ts";
import { POSTGRES, statementsOf } from "./statements.ts";
import { TYPE_ALIASES } from "./type-aliases.ts";

export const POSTGRES_CHECKS: CheckWarehouse = {
  dialect: POSTGRES,
  beginReading: "BEGIN TRANSACTION READ ONLY",
  literal: quoteLiteral,
  epoch: (moment) => `EXTRACT(EPOCH FROM ${moment})`,
  typeNames: TYPE_ALIASES,
  listColumns: (table) =>
    `SELECT name, type FROM (${columnsOf(quoteLiteral(quoteTableText(POSTGRES, table)))}) AS columns`,
  open: async (spec, connection, context, { readOnly }) => {
    const session = await openSession(spec, connection, context, { readOnly, readsAllRows: true });
    return { ...statementsOf(session), [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
  },
  describe,
  failureOf: databaseFailure,
  replaceTable,
};

/** The columns in their order. The table is found as a query would find it, by search_path where it has no schema. */
function columnsOf(table: string): string {
  return `SELECT a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass(${table}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;
}

async function describe(session: WarehouseSession, table: string): Promise<FoundTable> {
  const quoted = quoteTableText(POSTGRES, table);
  const [found] = await session.select("SELECT pg_catalog.to_regclass($1) IS NOT NULL AS there", [quoted]);
  if (found?.there !== true) return { is: "missing", known: await tablesOf(session) };
  const rows = await session.select(columnsOf("$1"), [quoted]);
  return { is: "found", columns: rows.map(({ name, type }) => ({ name: String(name), type: String(type) })) };
}

async function tablesOf(session: WarehouseSession): Promise<readonly string[]> {
  const rows = await session.select(
    `SELECT pg_catalog.format('%s.%s', n.nspname, c.relname) AS name
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' LIMIT 5000`,
  );
  return rows.map(({ name }) => String(name));
}
