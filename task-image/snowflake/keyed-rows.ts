import { DataError } from "../errors.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../postgres/identifier.ts";
import { quoteList } from "./identifier.ts";
import type { SnowflakeSession } from "./session.ts";

/** Keys that a message names. */
const SHOWN_MAX = 5;

/** Staged rows that replace those of the same key. */
export interface KeyedRows {
  readonly staging: TableName;
  readonly target: TableName;
  readonly key: readonly string[];
}

/**
 * Refuses keys that cannot be matched: NULL equals nothing, and of two rows with one key nobody can say which one a merge should
 * keep. Snowflake enforces no key itself. Throws a DataError that names the first of them.
 */
export async function checkKeys(
  session: SnowflakeSession,
  { staging, target, key }: KeyedRows,
  unique: boolean,
): Promise<void> {
  const list = quoteList(key);
  const isNull = key.map((name) => `${quoteIdentifier(name)} IS NULL`).join(" OR ");
  const shown = key.map((name) => `COALESCE(CAST(${quoteIdentifier(name)} AS VARCHAR), 'NULL')`).join(" || ', ' || ");
  const faulty = unique ? `HAVING COUNT(*) > 1 OR ${isNull}` : `HAVING ${isNull}`;
  const rows = await session.query(
    `SELECT ${shown} AS "SHOWN", COUNT(*) AS "TIMES" FROM ${quoteTable(staging)} GROUP BY ${list} ${faulty} ORDER BY 1 LIMIT ${SHOWN_MAX}`,
  );
  if (rows.length === 0) return;
  const keys = rows.map(({ SHOWN, TIMES }) => `(${SHOWN}) in ${TIMES} ${TIMES === "1" ? "row" : "rows"}`).join(", ");
  const expected = unique ? "each key once and without NULL" : "keys without NULL";
  throw new DataError(
    "UnusableKey",
    `load.key (${key.join(", ")}) of the rows for ${showTable(target)}: expected ${expected}, found ${keys}. Nothing has been published. Add the columns that tell the rows apart, or load one row a key`,
  );
}

/** Updates rows of known keys and inserts the others; the server counts both. A row that is all key is set to itself, so that it counts too. */
export function mergeStatement({
  staging,
  target,
  key,
  columns,
}: KeyedRows & { readonly columns: readonly string[] }): string {
  const values = columns.filter((name) => !key.includes(name));
  const assigned = (values.length === 0 ? key : values).map(
    (name) => `${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`,
  );
  return `MERGE INTO ${quoteTable(target)} AS t USING ${quoteTable(staging)} AS s ON ${matching("t", key)}
    WHEN MATCHED THEN UPDATE SET ${assigned.join(", ")}
    WHEN NOT MATCHED THEN INSERT (${quoteList(columns)}) VALUES (${columns.map((name) => `s.${quoteIdentifier(name)}`).join(", ")})`;
}

/** Deletes every row whose key is staged. */
export function deleteKeysStatement({ staging, target, key }: KeyedRows): string {
  const table = quoteTable(target);
  return `DELETE FROM ${table} USING (SELECT DISTINCT ${quoteList(key)} FROM ${quoteTable(staging)}) AS s WHERE ${matching(table, key)}`;
}

function matching(target: string, key: readonly string[]): string {
  return key.map((name) => `${target}.${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`).join(" AND ");
}
