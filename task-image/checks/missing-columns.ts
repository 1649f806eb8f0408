import { nearNames } from "../words/near-names.ts";

/** Says which columns a table lacks; undefined when it has all that are wanted. `has` says whether it has one. */
export function describeMissingColumns(
  table: string,
  wanted: readonly string[],
  existing: readonly string[],
  has: (column: string) => boolean = (column) => existing.includes(column),
): string | undefined {
  const missing = wanted.filter((column) => !has(column));
  if (missing.length === 0) return undefined;
  const names = missing.map((name) => `"${name}"`).join(", ");
  const what = missing.length === 1 ? `column ${names} of ${table} does` : `columns ${names} of ${table} do`;
  return `${what} not exist; it has: ${existing.join(", ")}`;
}

/** Says that a table is missing, and which of the others have a name like it. */
export function describeMissingTable(table: string, known: readonly string[]): string {
  const near = nearNames(table, known);
  const found = near.length === 0 ? "the database has no tables" : `near names: ${near.join(", ")}`;
  return `table ${table} does not exist; ${found}`;
}
