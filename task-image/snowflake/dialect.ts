import type { Dialect, WarehouseSession } from "../loading/warehouse-session.ts";
import { foldName } from "./identifier.ts";
import { type SnowflakeSession, writtenRows } from "./session.ts";

export const SNOWFLAKE: Dialect = {
  fold: foldName,
  value: () => "?",
  integer: (text) => `CAST(${text} AS NUMBER(38,0))`,
  moment: (text) => `CAST(${text} AS TIMESTAMP_TZ)`,
  now: "CURRENT_TIMESTAMP()",
  show: (value) => `COALESCE(CAST(${value} AS VARCHAR), 'NULL')`,
  // A VALUES list takes no functions.
  rows: (rows) => rows.map((row) => `SELECT ${row.join(", ")}`).join(" UNION ALL "),
  // Each schema has tables of its own.
  targetKey: ({ table }) => table,
};

/** A session of Snowflake for the steps that all warehouses share. */
export function snowflakeStatements(session: SnowflakeSession): WarehouseSession {
  return {
    dialect: SNOWFLAKE,
    select: async (sql, values) => (await session.query(sql, values)).map(inSmallLetters),
    write: async (sql, values) => writtenRows((await session.query(sql, values))[0]),
  };
}

function inSmallLetters(row: Readonly<Record<string, string | null>>): Readonly<Record<string, string | null>> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
}
