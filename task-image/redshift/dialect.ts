import type { Dialect, WarehouseSession } from "../loading/warehouse-session.ts";
import type { Session } from "../postgres/session.ts";
import { statementsOf } from "../postgres/statements.ts";
import { showTable } from "../sql/identifier.ts";
import { foldName } from "./identifier.ts";

/** The longest text of Redshift, in bytes. */
export const TEXT_BYTES_MAX = 65_535;

export const REDSHIFT: Dialect = {
  fold: foldName,
  value: (place) => `$${place}`,
  integer: (text) => text,
  moment: (text) => text,
  now: "GETDATE()",
  show: (value) => `COALESCE(CAST(${value} AS varchar(1024)), 'NULL')`,
  rows: (rows) => `VALUES ${rows.map((row) => `(${row.join(", ")})`).join(", ")}`,
  textBytesMax: TEXT_BYTES_MAX,
  targetKey: showTable,
};

/** A session of Redshift for the steps that all warehouses share. */
export function redshiftStatements(session: Session): WarehouseSession {
  return statementsOf(session, REDSHIFT);
}
