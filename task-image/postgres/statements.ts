import type { Dialect, WarehouseSession } from "../loading/warehouse-session.ts";
import { showTable } from "../sql/identifier.ts";
import type { Session } from "./session.ts";

export const POSTGRES: Dialect = {
  fold: (name) => name,
  value: (place) => `$${place}`,
  integer: (text) => text,
  moment: (text) => text,
  now: "pg_catalog.clock_timestamp()",
  show: (value) => `coalesce(pg_catalog.quote_literal(${value}::text), 'NULL')`,
  rows: (rows) => `VALUES ${rows.map((row) => `(${row.join(", ")})`).join(", ")}`,
  targetKey: showTable,
};

/** A session for the steps that all warehouses share, of Postgres or of a warehouse that speaks its protocol. */
export function statementsOf(session: Session, dialect: Dialect = POSTGRES): WarehouseSession {
  return {
    dialect,
    select: async (sql, values) => (await session.query(sql, values)).rows,
    write: async (sql, values) => (await session.query(sql, values)).rowCount ?? 0,
  };
}
