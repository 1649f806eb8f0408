import type { WarehouseSession } from "../loading/warehouse-session.ts";
import type { RequiredColumns } from "./check-query.ts";
import type { CheckWarehouse } from "./check-warehouse.ts";
import { describeMissingColumns, describeMissingTable } from "./missing-columns.ts";

/** Says which tables or columns are missing; undefined where all are there, or the catalog does not know. */
export async function describeMissing(
  { dialect, describe }: CheckWarehouse,
  session: WarehouseSession,
  required: readonly RequiredColumns[],
): Promise<string | undefined> {
  for (const { table, names } of required) {
    const found = await describe(session, table);
    if (found.is === "missing") return describeMissingTable(table, found.known);
    if (found.is === "unknown") continue;
    const existing = found.columns.map(({ name }) => name);
    const missing = describeMissingColumns(table, names, existing, (column) => existing.includes(dialect.fold(column)));
    if (missing !== undefined) return missing;
  }
  return undefined;
}
