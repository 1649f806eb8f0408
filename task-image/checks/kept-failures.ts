import type { WarehouseSession } from "../loading/warehouse-session.ts";
import { IDENTIFIER_BYTES_MAX, quoteTable, showTable, type TableName } from "../sql/identifier.ts";
import type { CheckWarehouse } from "./check-warehouse.ts";

/** Whose failing rows a table keeps. */
export interface FailuresOwner {
  readonly namespace: string;
  readonly pipeline: string;
  readonly node: string;
}

/** A check's name as a table's: small letters, digits and underscores. */
export function failuresTableName(check: string): string {
  const words = check.toLowerCase().replace(/[^a-z0-9]+/g, "_");
  return words.slice(0, IDENTIFIER_BYTES_MAX).replace(/^_|_$/g, "") || "check";
}

/** Comment of a table of failing rows, by which the next run knows it. */
export function markOf({ namespace, pipeline, node }: FailuresOwner, check: string): string {
  return `kelt: rows that break check ${check} of node ${node} of pipeline ${namespace}/${pipeline}`;
}

/** A table that somebody else needs is in the way of what a check would keep. */
export class TableTaken extends Error {}

/** Keeps the failing rows of a check in place of those of the last run; answers the table as SQL. Rejects with {@link TableTaken}. */
export async function keepFailures(
  { dialect, replaceTable }: CheckWarehouse,
  session: WarehouseSession,
  { schema, check, owner, select }: { schema: string; check: string; owner: FailuresOwner; select: string },
): Promise<string> {
  const target: TableName = { schema: dialect.fold(schema), table: dialect.fold(failuresTableName(check)) };
  const other = await replaceTable(session, { target, mark: markOf(owner, check), select });
  if (other === undefined) return quoteTable(target);
  const found = other.startsWith("kelt: rows that break check ")
    ? `it has the ${other.slice("kelt: ".length)}`
    : "it is not kelt's";
  throw new TableTaken(
    `the failing rows are not kept: there is a table ${showTable(target)}, and ${found}. Drop it, or give the check another name`,
  );
}
