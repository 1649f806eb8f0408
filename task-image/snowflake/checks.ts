import type { CheckWarehouse, FoundTable, KeptTable } from "../checks/check-warehouse.ts";
import type { WarehouseSession } from "../loading/warehouse-session.ts";
import { parseTableName, quoteIdentifier, quoteTable } from "../sql/identifier.ts";
import { SNOWFLAKE, snowflakeStatements } from "./dialect.ts";
import { snowflakeFailure } from "./failure.ts";
import { foldName, quoteText } from "./identifier.ts";
import { openSnowflakeSession } from "./session.ts";

/** Other names of types, and what the catalog calls them (Snowflake documentation, "Summary of data types"). */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["int", "integer", "bigint", "smallint", "tinyint", "byteint"].map((name) => [name, "number(38,0)"]),
  ),
  ...Object.fromEntries(["decimal", "dec", "numeric"].map((name) => [name, "number"])),
  ...Object.fromEntries(["float4", "float8", "double", "double precision", "real"].map((name) => [name, "float"])),
  ...Object.fromEntries(
    ["text", "string", "char", "character", "nchar", "nvarchar", "char varying"].map((name) => [name, "varchar"]),
  ),
  "character varying": "varchar",
  bool: "boolean",
  varbinary: "binary",
  datetime: "timestamp_ntz",
  timestamp: "timestamp_ntz",
  timestampntz: "timestamp_ntz",
  timestampltz: "timestamp_ltz",
  timestamptz: "timestamp_tz",
};

export const SNOWFLAKE_CHECKS: CheckWarehouse = {
  dialect: SNOWFLAKE,
  // Snowflake has no transaction that cannot write; a SELECT writes nothing there.
  beginReading: "BEGIN",
  literal: quoteText,
  epoch: (moment) => `DATE_PART(EPOCH_SECOND, ${moment})`,
  typeNames: TYPE_NAMES,
  listColumns: (table) => `DESCRIBE TABLE ${quoteTable(foldedTable(table))}`,
  open: async (spec, connection, context) => {
    const session = await openSnowflakeSession(spec, connection, context);
    return { ...snowflakeStatements(session), [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
  },
  describe,
  failureOf: snowflakeFailure,
  replaceTable,
};

function foldedTable(text: string) {
  const { schema, table } = parseTableName(text, "");
  return { schema: foldName(schema), table: foldName(table) };
}

/** A connection has no schema of its own, so that a table without one is the server's to refuse. */
async function describe(session: WarehouseSession, text: string): Promise<FoundTable> {
  if (!text.includes(".")) return { is: "unknown" };
  const target = foldedTable(text);
  const there = await session.select(
    "SELECT TABLE_NAME AS NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
    [target.schema, target.table],
  );
  if (there.length === 0) {
    const known = await session.select(
      "SELECT TABLE_SCHEMA || '.' || TABLE_NAME AS NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA <> 'INFORMATION_SCHEMA' LIMIT 5000",
    );
    return { is: "missing", known: known.map(({ name }) => String(name)) };
  }
  const rows = await session.select(`DESCRIBE TABLE ${quoteTable(target)}`);
  return { is: "found", columns: rows.map(({ name, type }) => ({ name: String(name), type: String(type) })) };
}

/** One statement replaces the table: a transaction would end with the first of several. */
async function replaceTable(
  session: WarehouseSession,
  { target, mark, select }: KeptTable,
): Promise<string | undefined> {
  await session.write(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(target.schema)}`);
  const [there] = await session.select(
    "SELECT COALESCE(COMMENT, '') AS MARK FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
    [target.schema, target.table],
  );
  if (there !== undefined && there.mark !== mark) return String(there.mark);
  await session.write(`CREATE OR REPLACE TABLE ${quoteTable(target)} COMMENT = ${quoteText(mark)} AS ${select}`);
  return undefined;
}
