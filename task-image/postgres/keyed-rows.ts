import { ConfigurationError, DataError } from "../errors.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "./identifier.ts";
import type { Session } from "./session.ts";
import type { StagedColumn } from "./staged-column.ts";

/** Keys that a message names. */
const SHOWN_MAX = 5;

/** A column that is written, and the cast that a staged value needs for the target's type: `::bigint`, or nothing. */
export interface WrittenColumn {
  readonly name: string;
  readonly cast: string;
}

/** Rows that replace those of the same key: where they are, where they go, and what tells them apart. */
export interface KeyedRows {
  readonly staging: TableName;
  readonly target: TableName;
  readonly key: readonly string[];
  /** The columns that are written, in the order of the staging table. */
  readonly columns: readonly WrittenColumn[];
}

/** Throws a ConfigurationError when the rows lack a column of the key. */
export function requireKey(target: TableName, key: readonly string[], columns: readonly StagedColumn[]): void {
  const names = columns.map(({ name }) => name);
  const missing = key.filter((name) => !names.includes(name));
  if (key.length > 0 && missing.length === 0) return;
  const found = key.length === 0 ? "there is no key" : `the rows have no column ${missing.join(", ")}`;
  throw new ConfigurationError(
    "UnknownKey",
    `load.key: rows for ${showTable(target)} are matched by key, and ${found}; they have: ${names.join(", ")}. Name columns that tell the rows apart`,
  );
}

/** Throws a ConfigurationError when the target's own rows have no value to be matched by: each of them would stay beside its successor. */
export function requireTargetKey(
  target: TableName,
  key: readonly string[],
  existing: readonly { readonly name: string }[],
): void {
  const missing = key.filter((column) => !existing.some(({ name }) => name === column));
  if (missing.length === 0) return;
  throw new ConfigurationError(
    "UnknownKey",
    `load.key: target ${showTable(target)} has no column ${missing.join(", ")}, so that nobody can say which of its rows the new ones replace. Add the column and fill it, or drop the table`,
  );
}

/** What a target made by its first load gets, so that the next ones find its rows: merge promises one row a key. */
export function keyIndexStatement(target: TableName, key: readonly string[], isUnique: boolean): string {
  const list = key.map(quoteIdentifier).join(", ");
  return isUnique
    ? `ALTER TABLE ${quoteTable(target)} ADD PRIMARY KEY (${list})`
    : `CREATE INDEX ON ${quoteTable(target)} (${list})`;
}

/** Everybody reads on; nobody else writes until the transaction ends. */
export function writeLockStatement(target: TableName): string {
  return `LOCK TABLE ${quoteTable(target)} IN SHARE ROW EXCLUSIVE MODE`;
}

/**
 * Updates rows of known keys and inserts the others; the server counts both. A row that is all key is set to itself, so that it
 * counts too.
 */
export function mergeStatement(rows: KeyedRows): string {
  const { staging, target, key, columns } = rows;
  const values = columns.filter(({ name }) => !key.includes(name));
  const written = values.length === 0 ? columns : values;
  const assigned = written.map((column) => `${quoteIdentifier(column.name)} = ${staged(column)}`);
  const list = columns.map(({ name }) => quoteIdentifier(name));
  return `MERGE INTO ${quoteTable(target)} AS t USING ${quoteTable(staging)} AS s ON ${matching(rows)}
    WHEN MATCHED THEN UPDATE SET ${assigned.join(", ")}
    WHEN NOT MATCHED THEN INSERT (${list.join(", ")}) OVERRIDING SYSTEM VALUE VALUES (${columns.map(staged).join(", ")})`;
}

/** Deletes every row whose key is staged. */
export function deleteKeysStatement(rows: KeyedRows): string {
  const list = rows.key.map(quoteIdentifier).join(", ");
  return `DELETE FROM ${quoteTable(rows.target)} AS t USING (SELECT DISTINCT ${list} FROM ${quoteTable(rows.staging)}) AS s WHERE ${matching(rows)}`;
}

/** Finds a row whose key is staged. */
export function findKeysStatement(rows: KeyedRows): string {
  return `SELECT FROM ${quoteTable(rows.target)} AS t WHERE EXISTS (SELECT FROM ${quoteTable(rows.staging)} AS s WHERE ${matching(rows)}) LIMIT 1`;
}

/** By every column of the key, also one that the target computes and nobody writes. */
function matching({ key, columns }: KeyedRows): string {
  return key
    .map((name) => columns.find((column) => column.name === name) ?? { name, cast: "" })
    .map((column) => `t.${quoteIdentifier(column.name)} = ${staged(column)}`)
    .join(" AND ");
}

function staged({ name, cast }: WrittenColumn): string {
  return `s.${quoteIdentifier(name)}${cast}`;
}

/**
 * Refuses keys that cannot be matched: NULL equals nothing, and of two rows with one key nobody can say which one a merge
 * should keep. Throws a DataError that names the first of them.
 */
export async function checkKeys(
  session: Session,
  { staging, target, key }: Omit<KeyedRows, "columns">,
  unique: boolean,
): Promise<void> {
  const list = key.map(quoteIdentifier);
  const isNull = list.map((name) => `${name} IS NULL`).join(" OR ");
  const shown = list.map((name) => `coalesce(pg_catalog.quote_literal(${name}::text), 'NULL')`).join(", ");
  const table = quoteTable(staging);
  const faulty = unique
    ? `SELECT ${list}, pg_catalog.count(*) AS times FROM ${table} GROUP BY ${list} HAVING pg_catalog.count(*) > 1 OR ${isNull}`
    : `SELECT ${list}, pg_catalog.count(*) AS times FROM ${table} WHERE ${isNull} GROUP BY ${list}`;
  const { rows } = await session.query<{ shown: string; times: string }>(
    `SELECT pg_catalog.concat_ws(', ', ${shown}) AS shown, times FROM (${faulty} ORDER BY ${list} LIMIT ${SHOWN_MAX}) AS f`,
  );
  if (rows.length === 0) return;
  const keys = rows.map((row) => `(${row.shown}) in ${row.times} ${row.times === "1" ? "row" : "rows"}`).join(", ");
  const expected = unique ? "each key once and without NULL" : "keys without NULL";
  throw new DataError(
    "UnusableKey",
    `load.key (${key.join(", ")}) of the rows for ${showTable(target)}: expected ${expected}, found ${keys}. Nothing has been published. Add the columns that tell the rows apart, or select one row a key`,
  );
}
