import { DataError } from "../errors.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../postgres/identifier.ts";
import type { Session } from "../postgres/session.ts";

/** Keys that a message names. */
const SHOWN_MAX = 5;

/** Staged rows that replace those of the same key. */
export interface KeyedRows {
  /** The temporary table. */
  readonly staging: string;
  readonly target: TableName;
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

/**
 * Refuses keys that cannot be matched: NULL equals nothing, and of two rows with one key nobody can say which one a merge should
 * keep. Redshift enforces no key itself. Throws a DataError that names the first of them.
 */
export async function checkKeys(session: Session, { staging, target, key }: KeyedRows, unique: boolean): Promise<void> {
  const list = key.map(quoteIdentifier).join(", ");
  const isNull = key.map((name) => `${quoteIdentifier(name)} IS NULL`).join(" OR ");
  const shown = key
    .map((name) => `COALESCE(CAST(${quoteIdentifier(name)} AS varchar(1024)), 'NULL')`)
    .join(" || ', ' || ");
  const faulty = unique ? `HAVING COUNT(*) > 1 OR ${isNull}` : `HAVING ${isNull}`;
  const { rows } = await session.query<{ shown: string; times: string }>(
    `SELECT ${shown} AS shown, COUNT(*) AS times FROM ${quoteIdentifier(staging)} GROUP BY ${list} ${faulty} ORDER BY 1 LIMIT ${SHOWN_MAX}`,
  );
  if (rows.length === 0) return;
  const keys = rows.map((row) => `(${row.shown}) in ${row.times} ${row.times === "1" ? "row" : "rows"}`).join(", ");
  const expected = unique ? "each key once and without NULL" : "keys without NULL";
  throw new DataError(
    "UnusableKey",
    `load.key (${key.join(", ")}) of the rows for ${showTable(target)}: expected ${expected}, found ${keys}. Nothing has been published. Add the columns that tell the rows apart, or load one row a key`,
  );
}

/** Updates rows of known keys. */
export function updateStatement({ staging, target, key, columns }: KeyedRows): string {
  const values = columns.filter((name) => !key.includes(name));
  // A row that is all key is set to itself, so that it counts too.
  const assigned = (values.length === 0 ? key : values).map(
    (name) => `${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`,
  );
  return `UPDATE ${quoteTable(target)} SET ${assigned.join(", ")} FROM ${quoteIdentifier(staging)} AS s WHERE ${matching(target, key)}`;
}

/** Inserts rows of keys that the target does not have. */
export function insertNewStatement({ staging, target, key, columns }: KeyedRows): string {
  const list = columns.map(quoteIdentifier);
  const table = quoteTable(target);
  const on = matching(target, key);
  return `INSERT INTO ${table} (${list.join(", ")}) SELECT ${list.map((name) => `s.${name}`).join(", ")}
    FROM ${quoteIdentifier(staging)} AS s LEFT JOIN ${table} ON ${on} WHERE ${table}.${quoteIdentifier(key[0] ?? "")} IS NULL`;
}

/** Deletes every row whose key is staged. */
export function deleteKeysStatement({ staging, target, key }: KeyedRows): string {
  const own = quoteIdentifier(staging);
  const on = key.map((name) => `${quoteTable(target)}.${quoteIdentifier(name)} = ${own}.${quoteIdentifier(name)}`);
  return `DELETE FROM ${quoteTable(target)} USING ${own} WHERE ${on.join(" AND ")}`;
}

function matching(target: TableName, key: readonly string[]): string {
  return key.map((name) => `${quoteTable(target)}.${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`).join(" AND ");
}
