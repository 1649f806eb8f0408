import { quoteIdentifier, quoteLiteral, quoteTable, type TableName } from "../../sql/identifier.ts";
import { ABSENT_COLUMN } from "./staged-table.ts";

/** A column that is written, and the cast that a staged value needs for the target's type: `::bigint`, or nothing. */
export interface WrittenColumn {
  readonly name: string;
  readonly cast: string;
}

/** Rows that replace those of the same key: where they are, where they go, and what tells them apart. */
export interface KeyedRows {
  readonly staging: TableName;
  /** The target as statements name it: `ONLY "raw"."films"`. */
  readonly target: string;
  readonly key: readonly string[];
  /** The columns that are written, in the order of the staging table. */
  readonly columns: readonly WrittenColumn[];
  /** Columns that a row may lack: then a merge keeps the target's value. */
  readonly sparse?: readonly string[] | undefined;
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
  const { staging, target, columns, sparse = [] } = rows;
  const assigned = changedColumns(rows).map((column) => {
    const name = quoteIdentifier(column.name);
    const isKept = `${quoteLiteral(column.name)} = ANY (s.${ABSENT_COLUMN})`;
    const value = sparse.includes(column.name)
      ? `CASE WHEN ${isKept} THEN t.${name} ELSE ${staged(column)} END`
      : staged(column);
    return `${name} = ${value}`;
  });
  const list = columns.map(({ name }) => quoteIdentifier(name));
  return `MERGE INTO ${target} AS t USING ${quoteTable(staging)} AS s ON ${matching(rows)}
    WHEN MATCHED THEN UPDATE SET ${assigned.join(", ")}
    WHEN NOT MATCHED THEN INSERT (${list.join(", ")}) OVERRIDING SYSTEM VALUE VALUES (${columns.map(staged).join(", ")})`;
}

/** The columns that a merge sets in rows of known keys. */
export function changedColumns({ key, columns }: Pick<KeyedRows, "key" | "columns">): readonly WrittenColumn[] {
  const values = columns.filter(({ name }) => !key.includes(name));
  return values.length === 0 ? columns : values;
}

/** Deletes every row whose key is staged. */
export function deleteKeysStatement(rows: KeyedRows): string {
  const list = rows.key.map(quoteIdentifier).join(", ");
  return `DELETE FROM ${rows.target} AS t USING (SELECT DISTINCT ${list} FROM ${quoteTable(rows.staging)}) AS s WHERE ${matching(rows)}`;
}

/** Finds a row whose key is staged. */
export function findKeysStatement(rows: KeyedRows): string {
  return `SELECT FROM ${rows.target} AS t WHERE EXISTS (SELECT FROM ${quoteTable(rows.staging)} AS s WHERE ${matching(rows)}) LIMIT 1`;
}

function matching({ key, columns }: KeyedRows): string {
  return columns
    .filter(({ name }) => key.includes(name))
    .map((column) => `t.${quoteIdentifier(column.name)} = ${staged(column)}`)
    .join(" AND ");
}

function staged({ name, cast }: WrittenColumn): string {
  return `s.${quoteIdentifier(name)}${cast}`;
}
