import { quoteIdentifier, type TableName } from "../sql/identifier.ts";
import { checkKeys } from "./key-check.ts";
import { requireKey, requireTargetKey } from "./keys.ts";
import {
  deleteRangeStatement,
  outsideStatement,
  refuseOutside,
  requireRange,
  type StagedRange,
  stagedRange,
} from "./row-range.ts";
import type { StagedColumn } from "./staged-column.ts";
import type { WarehouseSession } from "./warehouse-session.ts";
import { isKeyed, type Writing } from "./writing.ts";

/** Staged rows with the types of their target. */
interface StagedRows {
  readonly target: TableName;
  readonly columns: readonly StagedColumn[];
  /** Where they are, as SQL writes it. */
  readonly staging: string;
}

/** What the rows are found by that staged ones replace; names as the catalog holds them. */
export interface Replacing {
  readonly key: readonly string[];
  /** Missing where rows are replaced by key, or none are. */
  readonly range?: StagedRange;
}

/**
 * Checks what decides which rows of a target are replaced, and that the staged ones are among them: keys that tell rows apart, values in
 * the range, and a target that has the columns. `existing` are those of the target, undefined where there is none. Throws a TaskFailure.
 */
export async function checkReplacing(
  session: WarehouseSession,
  writing: Writing,
  { target, columns, staging }: StagedRows,
  existing: readonly { readonly name: string; readonly type: string }[] | undefined,
): Promise<Replacing> {
  const { fold } = session.dialect;
  const key = (writing.key ?? []).map(fold);
  if (isKeyed(writing)) {
    requireKey(target, key, columns);
    const isUnique = writing.mode === "merge";
    await checkKeys(session, { staging, target, key, isUnique, narrowing: "load" });
  }
  if (existing !== undefined) requireTargetKey(target, key, existing);
  const found = stagedRange(writing.range, { target, columns }, fold);
  if (found === undefined) return { key };
  const { range, condition } = found;
  if (existing !== undefined) requireRange(target, range, existing);
  const outside = await session.select(outsideStatement(staging, quoteIdentifier(range.column), condition));
  refuseOutside(
    range,
    target,
    outside.map(({ shown, times }) => ({ shown: String(shown), times: String(times) })),
  );
  return { key, range: found };
}

/** Deletes the rows that deleteInsert replaces; `byKey` is the warehouse's statement for those of the staged keys. */
export function deleteReplacedStatement(target: string, { range }: Replacing, byKey: () => string): string {
  return range === undefined ? byKey() : deleteRangeStatement(target, range.condition);
}
