import { quoteIdentifier, quoteTable, type TableName } from "../sql/identifier.ts";

/** Staged rows that replace those of the same key. */
export interface KeyedRows {
  /** The temporary table. */
  readonly staging: string;
  readonly target: TableName;
  readonly key: readonly string[];
  readonly columns: readonly string[];
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
