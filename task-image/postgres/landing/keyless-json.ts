import { DataError } from "../../errors.ts";
import type { RejectLimit } from "../../loading/reject-limit.ts";
import { showTable } from "../../sql/identifier.ts";
import { readTarget, type TargetColumn } from "../publishing/target.ts";
import type { Landed, LandingPlace } from "./landed-files.ts";
import { firstRejects, refuseTooManyRejects } from "./rejects.ts";
import type { TypedColumn } from "./typed-rows.ts";

/**
 * What documents without any key bring: rows of NULL, in the columns that the target has. Throws a DataError when there is no target, and
 * before that one that names the rejected documents when there are too many.
 */
export async function landKeyless(
  { session, scope, source }: LandingPlace,
  { rows, rejected }: Pick<Landed, "rows" | "rejected">,
  limit: RejectLimit,
): Promise<{ readonly rows: number; readonly columns: readonly TypedColumn[] }> {
  await refuseTooManyRejects(session, scope, { rejected, read: rows + rejected }, limit);
  const existing = await readTarget(session, scope.target);
  if (existing === undefined && rows === 0 && rejected > 0) {
    const named = await firstRejects(session, scope);
    throw new DataError(
      "NoKeys",
      `loading ${source} into ${showTable(scope.target)}: expected JSON objects whose keys name the columns, and all ${rejected} documents are rejected: ${named.join("; ")}. Correct the files`,
    );
  }
  if (existing === undefined) {
    throw new DataError(
      "NoKeys",
      `loading ${source} into ${showTable(scope.target)}: expected JSON objects whose keys name the columns, found none in ${scope.uris.length === 1 ? (scope.uris[0] ?? "") : `${scope.uris.length} files`}. Write objects with keys, or declare load.columns.${scope.target.table}`,
    );
  }
  const columns = fillable(existing.columns).map(({ name, type }) => {
    return { name, type, notNull: false, text: "NULL::text", value: `NULL::${type}` };
  });
  return { rows, columns };
}

/** Columns that a row without values leaves NULL; those that fill themselves do so where there are others. */
function fillable(columns: readonly TargetColumn[]): readonly TargetColumn[] {
  const writable = columns.filter(({ isGenerated }) => !isGenerated);
  const plain = writable.filter(({ fillsItself }) => !fillsItself);
  return plain.length > 0 ? plain : writable;
}
