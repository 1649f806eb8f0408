import { quoteIdentifier, quoteTable, type TableName } from "../sql/identifier.ts";
import { quoteList, quoteText } from "./identifier.ts";

/** Staged rows that replace those of the same key. */
export interface KeyedRows {
  readonly staging: TableName;
  readonly target: TableName;
  readonly key: readonly string[];
}

/** The column of a staging table that says which of its sparse columns a row does not bring, one mark after another. */
export const ABSENT_COLUMN = "_KELT_ABSENT";

/** How {@link ABSENT_COLUMN} names a column, by its place among the sparse ones. */
export function absentMark(place: number): string {
  return `.${place}.`;
}

/** Updates rows of known keys, but for the columns that they do not bring, and inserts the others; the server counts both. A row that is all key is set to itself, so that it counts too. */
export function mergeStatement({
  staging,
  target,
  key,
  columns,
  sparse = [],
}: KeyedRows & { readonly columns: readonly string[]; readonly sparse?: readonly string[] }): string {
  const values = columns.filter((name) => !key.includes(name));
  const assigned = (values.length === 0 ? key : values).map((name) => {
    const column = quoteIdentifier(name);
    const isKept = `CONTAINS(s.${quoteIdentifier(ABSENT_COLUMN)}, ${quoteText(absentMark(sparse.indexOf(name)))})`;
    const value = sparse.includes(name) ? `CASE WHEN ${isKept} THEN t.${column} ELSE s.${column} END` : `s.${column}`;
    return `${column} = ${value}`;
  });
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
