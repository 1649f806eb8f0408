import type { ExistingColumn } from "../loading/reshaping.ts";
import type { StagedColumn } from "../loading/staged-column.ts";
import { notATable } from "../loading/targets.ts";
import { quoteTable, type TableName } from "../sql/identifier.ts";
import type { SnowflakeSession } from "./session.ts";

/** A table that a load is going to write. */
export interface Target {
  readonly columns: readonly ExistingColumn[];
  readonly isTransient: boolean;
  readonly comment: string;
}

/** Describes a target; undefined when there is none. Throws a ConfigurationError for what is no table. */
export async function readTarget(session: SnowflakeSession, target: TableName): Promise<Target | undefined> {
  const [table] = await session.query(
    `SELECT TABLE_TYPE AS "KIND", IS_TRANSIENT AS "TRANSIENT", COALESCE(COMMENT, '') AS "REMARK" FROM INFORMATION_SCHEMA.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
    [target.schema, target.table],
  );
  if (table === undefined) return undefined;
  if (table.KIND !== "BASE TABLE") throw notATable(target, `a ${(table.KIND ?? "view").toLowerCase()}`);
  const rows = await session.query(`DESCRIBE TABLE ${quoteTable(target)}`);
  const columns = rows.map((row) => ({
    name: row.name ?? "",
    type: row.type ?? "",
    fillsItself: row.default !== null && row.default !== undefined,
  }));
  return { columns, isTransient: table.TRANSIENT === "YES", comment: table.REMARK ?? "" };
}

/** The columns of a table of kelt's own, types as the catalog writes them. */
export async function readColumns(session: SnowflakeSession, table: TableName): Promise<readonly StagedColumn[]> {
  const rows = await session.query(`DESCRIBE TABLE ${quoteTable(table)}`);
  return rows.map((row) => ({ name: row.name ?? "", type: row.type ?? "", notNull: false }));
}
