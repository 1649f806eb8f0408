import { ConfigurationError } from "../errors.ts";
import { showTable, type TableName } from "../sql/identifier.ts";
import { hidden } from "../words/hidden-text.ts";
import type { StagedColumn } from "./staged-column.ts";

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
    `load.key: target ${showTable(target)} has no column ${missing.join(", ")}, so it is unknown which of its rows the new ones replace. Add the column and fill it, or drop the table`,
  );
}

/** A key that cannot be matched. */
export interface FaultyKey {
  readonly shown: string;
  /** In how many rows. */
  readonly times: string;
  readonly hasNull: boolean;
}

export function showKey({ shown, times, hasNull }: FaultyKey): string {
  return `${hidden(`(${shown})`, hasNull ? "a key with NULL" : "a key")} in ${times} ${times === "1" ? "row" : "rows"}`;
}
